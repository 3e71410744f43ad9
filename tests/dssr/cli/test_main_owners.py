"""How a connector is told for whom it acts, and what stops the start."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dssr.assembly import assemble
from dssr.errors import SettingsError
from dssr.settings import Settings
from dssr.settings.validation import check
from tests.dssr.identity.recording import ManyUsers, OneUser

MAPPED: dict[str, Any] = {"executor": "native", "users": "claim", "bearer_secret": "x" * 32}


def test_a_connector_is_told_for_whom_it_acts(tmp_path: Path) -> None:
    """Before anything else is asked of it."""
    tmp_path.chmod(0o700)
    (tmp_path / "alice").touch()
    connector = "tests.dssr.identity.recording:ManyUsers"
    assemble(check(Settings(**MAPPED, connector=connector, user_keys_dir=str(tmp_path))))
    users = ManyUsers.made[-1].users
    assert users is not None
    assert set(users.names()) == {"alice"}
    assemble(check(Settings(connector=connector)))
    assert ManyUsers.made[-1].users is None


def test_a_connector_that_cannot_act_for_users_is_refused(tmp_path: Path) -> None:
    """Rather than that everybody's jobs run as one user; what it held is given back."""
    tmp_path.chmod(0o700)
    connector = "tests.dssr.identity.recording:OneUser"
    with pytest.raises(
        SettingsError,
        match=r"JARVICE_SLURM_USERS is 'claim', and the connector .* runs all jobs as one",
    ):
        assemble(check(Settings(**MAPPED, connector=connector, user_keys_dir=str(tmp_path))))
    assert OneUser.made[-1].closed


def test_what_says_whose_jobs_are_is_read_before_anything_begins() -> None:
    """A mapping file that is not there, or a secret that can be guessed: exit code 2, and no secret shown."""
    given = {
        "JARVICE_SLURM_USERS": "file",
        "JARVICE_BEARER_SECRET": "MARKED",
        "JARVICE_SLURM_USERS_MAPPING_FILE": "/none",
        "WAITRESS_PORT": "0",
    }
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JARVICE_", "WAITRESS_"))
    }
    command = [sys.executable, "-m", "dssr", "serve"]
    done = subprocess.run(
        command, env=kept | given, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "JARVICE_BEARER_SECRET has 6 bytes" in done.stderr
    assert (
        "JARVICE_SLURM_USERS_MAPPING_FILE: /none cannot be read: No such file or directory."
        in done.stderr
    )
    assert "MARKED" not in done.stderr
