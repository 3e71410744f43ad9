"""Where the user's own configuration of ssh is."""

import os
import pwd
from pathlib import Path

import pytest

from connectors.transports.own_ssh import user_configuration


def test_the_configuration_is_that_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """ssh finds its configuration by the account, whatever HOME says, and so do the files that
    include it: the same aliases hold for commands and for addresses."""
    monkeypatch.setenv("HOME", "/elsewhere")
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert Path(user_configuration()) == home / ".ssh" / "config"
