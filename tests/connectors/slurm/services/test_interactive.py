"""Which connectors have servers of interactive jobs; how they are found is tested on a cluster."""

import shutil

import pytest

from connectors.slurm.services.interactive import ServesInteractiveJobs
from connectors.slurm.settings import SlurmSettings
from dssr.job import Snapshot
from dssr.settings.reading import parse
from tests.connectors.slurm.services.test_way import HOST_KEY, KEY


class Serving(ServesInteractiveJobs):
    """A connector with those settings."""

    def __init__(self, **changes: str) -> None:
        super().__init__()
        given = {
            "JARVICE_SLURM_CLUSTER_ADDR": "login",
            "JARVICE_SLURM_SSH_USER": "ada",
            "JARVICE_SLURM_SSH_PKEY": KEY,
            "JARVICE_SLURM_SSH_HOST_KEY": HOST_KEY,
        }
        self._settings = parse(given | changes, SlurmSettings)

    def snapshot(self) -> Snapshot:
        """See ``ServesInteractiveJobs``."""
        raise NotImplementedError


@pytest.mark.parametrize(
    ("ssh", "client", "serves"),
    [
        (None, "paramiko", True),
        (None, "openssh", False),
        ("/usr/bin/ssh", "openssh", True),
        ("/usr/bin/ssh", "paramiko", True),
    ],
)
def test_servers_are_reached_without_ssh(
    ssh: str | None, client: str, serves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no program ssh, paramiko's forwards lead to the servers of jobs, unless the
    settings want the program."""
    monkeypatch.setattr(shutil, "which", lambda _name: ssh)
    assert Serving(JARVICE_SLURM_SSH_CLIENT=client).serves_interactive() is serves


def test_a_fingerprint_leads_to_no_server() -> None:
    """Forwards need whole host keys, so there are none where the settings have a fingerprint."""
    fingerprint = "SHA256:" + "A" * 43
    assert not Serving(JARVICE_SLURM_SSH_HOST_KEY=fingerprint).serves_interactive()
