"""The doctor over OpenSSH's own program."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.seams import CHECKS, Status
from tests.connectors.slurm.examination.patient import Patient, pasted_settings, with_status
from tests.connectors.transports.openssh.conftest import end_masters, masters_in
from tests.end_to_end.service import eventually

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


def test_a_master_that_is_kept(over_ssh: Patient) -> None:
    """The examination logs in by itself: it sees sshd as it is now, and leaves neither a connection
    nor a file; the master that other commands use stays."""
    connector = over_ssh.connector()
    connector.ping()
    runtime = Path(os.environ["XDG_RUNTIME_DIR"]) / "dssr"
    [master], kept = masters_in(str(runtime)), sorted(runtime.iterdir())
    with_config = over_ssh.cluster.path("/etc/ssh/sshd_config")
    before = with_config.read_text()
    with_config.write_text(f"{before}AllowTcpForwarding no\n")
    over_ssh.cluster.run("login", ["sh", "-c", "kill -HUP $(cat /run/sshd.pid)"])
    try:
        found = eventually(over_ssh.examine, lambda all: "prohibited" in all["forwarding"].detail)
    finally:
        with_config.write_text(before)
        over_ssh.cluster.run("login", ["sh", "-c", "kill -HUP $(cat /run/sshd.pid)"])
    assert found["forwarding"].status is Status.WARNING
    assert masters_in(str(runtime)) == [master]
    assert sorted(runtime.iterdir()) == kept
    connector.close()


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
