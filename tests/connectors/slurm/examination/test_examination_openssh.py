"""The doctor over OpenSSH's own program."""

import tempfile
from collections.abc import Iterator

import pytest

from dssr.seams import CHECKS, Status
from tests.connectors.slurm.examination.patient import Patient, pasted_settings, with_status
from tests.connectors.transports.openssh.conftest import end_masters

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]


@pytest.fixture
def over_ssh(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    """The cluster as the ``ssh`` program reaches it."""
    made = tempfile.mkdtemp(prefix="dssr-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", made)
    patient.environ["JARVICE_SLURM_SSH_CLIENT"] = "openssh"
    yield patient
    end_masters(f"{made}/dssr")


def test_a_healthy_cluster(over_ssh: Patient) -> None:
    """Every check that needs no job is made over the ssh program, too."""
    found = over_ssh.examine()

    assert with_status(found, Status.OK) == set(CHECKS[:-7])
    assert found["host-key"].detail == "The ssh program trusts the host."


def test_another_host_key(over_ssh: Patient) -> None:
    """A host key that is not the trusted one fails as what it is; the pasted cure trusts the host's
    own key."""
    wrong = {"JARVICE_SLURM_SSH_HOST_KEY": over_ssh.cluster.host_key_of("login2")}

    found = over_ssh.examine(wrong)
    cured = over_ssh.examine(wrong | pasted_settings(found["host-key"]))

    assert with_status(found, Status.FAILURE) == {"host-key"}
    assert "presents SHA256:" in found["host-key"].detail
    assert cured["login"].status is Status.OK


def test_forwarding_that_is_prohibited(over_ssh: Patient) -> None:
    """A login node that forwards no connections is recognized."""
    config = over_ssh.cluster.path("/etc/ssh/sshd_config")
    before = config.read_text()
    config.write_text(f"{before}AllowTcpForwarding no\n")
    over_ssh.restart_sshd()
    try:
        found = over_ssh.examine()
    finally:
        config.write_text(before)
        over_ssh.restart_sshd()

    assert found["forwarding"].status is Status.WARNING
    assert "prohibited" in found["forwarding"].detail
