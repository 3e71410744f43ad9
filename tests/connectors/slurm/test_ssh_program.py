"""What the ``ssh`` program knows of the way to a login node."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from connectors.slurm import ssh_program
from connectors.transports.openssh.configuration import Resolved
from connectors.transports.openssh.program import configuration_of

CONFIG = """\
Host direct
    HostName 198.51.100.7
    Port 2222
Host behind
    ProxyJump bob@gate,second
Host gate
    HostName 198.51.100.8
    ProxyJump outer:23
Host command
    ProxyCommand nc %h %p
Host circle
    ProxyJump round
Host round
    ProxyJump circle
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration file of ssh in place of the user's own."""
    file = tmp_path / "config"
    file.write_text(CONFIG)

    def of(words: Sequence[str], host: str) -> Resolved:
        return configuration_of(["-F", str(file), *words], host)

    monkeypatch.setattr(ssh_program, "configuration_of", of)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("direct", ("198.51.100.7", 2222)),
        ("direct:24", ("198.51.100.7", 24)),
        ("other", ("other", 22)),
        ("behind", ("outer", 23)),
        ("command", None),
        ("circle", None),
    ],
)
def test_the_first_host_on_the_way(address: str, place: tuple[str, int] | None) -> None:
    """An alias, its port and its jump hosts are those of ssh's configuration; a command, or a way
    in a circle, has no first host."""
    assert ssh_program.first_hop(address) == place


def test_the_port_of_the_settings() -> None:
    """The port of the settings is that of an address without one, and not that of a jump host."""
    assert ssh_program.first_hop("other", 2200) == ("other", 2200)
    assert ssh_program.first_hop("other:24", 2200) == ("other", 24)
    assert ssh_program.first_hop("behind", 2200) == ("outer", 23)
