"""What the ``ssh`` program of this machine knows, for settings that leave it to that."""

import shutil
from collections.abc import Iterator
from functools import cache

from connectors.transports.openssh.program import configuration_of
from dssr.errors import ConnectFailed
from dssr.settings.types import host_and_port


@cache
def login_name(address: str) -> str:
    """The user as whom ssh logs in at that login node; '' where ssh cannot say."""
    try:
        return configuration_of([], host_and_port(address)[0]).user
    except ConnectFailed:
        return ""


def missing() -> Iterator[str]:
    """A sentence where there is no such program."""
    if shutil.which("ssh") is None:
        yield (
            "JARVICE_SLURM_SSH_CLIENT is 'openssh', but this machine has no program 'ssh': "
            "install it (openssh-client), or leave the setting out."
        )
