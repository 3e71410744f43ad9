"""What the ``ssh`` program of this machine knows, for settings that leave it to that."""

import shutil
from collections.abc import Iterator
from functools import cache

from connectors.transports.openssh.program import configuration_of
from dssr.errors import ConnectFailed
from dssr.settings.types import host_and_port

Place = tuple[str, int]  # host and port


@cache
def login_name(address: str) -> str:
    """The user as whom ssh logs in at that login node; '' where ssh cannot say."""
    try:
        return configuration_of([], host_and_port(address)[0]).user
    except ConnectFailed:
        return ""


def first_hop(address: str, default: int = 0) -> Place | None:
    """Where ssh connects to on the way to that login node; ``None`` where a command of its
    configuration leads there. ``default``: the port where the address has none; 0 leaves it to the
    configuration. Raises ``ConnectFailed`` where ssh cannot say."""
    passed: set[str] = set()
    while address not in passed:
        passed.add(address)
        host, port = host_and_port(address)
        port = port or default
        found = configuration_of(["-p", str(port)] if port else [], host)
        if not found.jump:
            return None if found.command else (found.host, found.port)
        address, default = found.jump.split(",")[0].rpartition("@")[2], 0
    return None


def missing() -> Iterator[str]:
    """A sentence where there is no such program."""
    if shutil.which("ssh") is None:
        yield (
            "JARVICE_SLURM_SSH_CLIENT is 'openssh', but this machine has no program 'ssh': "
            "install it (openssh-client), or leave the setting out."
        )
