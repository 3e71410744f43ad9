"""The doctor finds each fault that is planted on the real cluster, and its cure is right."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dssr.seams import CHECKS, Status
from tests.connectors.slurm.examination.patient import (
    HOME,
    USER,
    Patient,
    pasted_settings,
    to_paste,
    with_status,
)
from tests.connectors.slurm.specs import spec
from tests.connectors.transports.ssh.impostor import pair

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

FAILURE, WARNING, OK, SKIPPED = Status.FAILURE, Status.WARNING, Status.OK, Status.SKIPPED


@contextmanager
def restarted_sshd(patient: Patient, addition: str) -> Iterator[None]:
    """The login node's sshd with more lines in its configuration."""
    before = patient.cluster.path("/etc/ssh/sshd_config").read_text()
    patient.cluster.path("/etc/ssh/sshd_config").write_text(f"{before}{addition}\n")
    patient.restart_sshd()
    yield
    patient.cluster.path("/etc/ssh/sshd_config").write_text(before)
    patient.restart_sshd()


def test_another_host_key(patient: Patient) -> None:
    """A host key that is not the trusted one fails; the checks before it are made, those after it
    are not. The pasted cure trusts the host's own key."""
    wrong = {"JARVICE_SLURM_SSH_HOST_KEY": patient.cluster.host_key_of("login2")}

    found = patient.examine(wrong)
    cured = patient.examine(wrong | pasted_settings(found["host-key"]))

    assert with_status(found, OK) == {"name-resolution", "tcp"}
    assert with_status(found, FAILURE) == {"host-key"}
    assert found["host-key"].setting == "JARVICE_SLURM_SSH_HOST_KEY"
    assert "ANOTHER KEY" in found["host-key"].detail
    assert "ssh-keygen -lf" in found["host-key"].cure
    assert all(found[name].status is SKIPPED for name in CHECKS[3:])
    assert found["canary"].detail == "Not examined, because host-key failed."
    assert cured["host-key"].status is OK
    assert cured["login"].status is OK


def test_no_login(patient: Patient) -> None:
    """A key that the login node does not know fails; the pasted cure lets it in."""
    stranger = {"JARVICE_SLURM_SSH_PKEY": pair("ssh-ed25519", 7)[0]}

    found = patient.examine(stranger)
    patient.sh("login", to_paste(found["login"]), user=USER)
    cured = patient.examine(stranger)

    assert with_status(found, OK) == {"name-resolution", "tcp", "host-key"}
    assert with_status(found, FAILURE) == {"login"}
    assert cured["login"].status is OK


def test_a_noisy_shell(patient: Patient) -> None:
    """A login shell that prints is a warning with its words; the pasted cure silences it."""
    rc = patient.cluster.path(f"{HOME}/.bashrc")
    rc.write_text("echo 'Welcome: maintenance on Monday'\n")

    found = patient.examine()
    rc.write_text(f"{to_paste(found['login-shell'])}\n{rc.read_text()}")
    cured = patient.examine()

    assert found["login-shell"].status is WARNING
    assert "maintenance on Monday" in found["login-shell"].detail
    assert cured["login-shell"].status is OK


def test_a_clock_that_is_off(patient: Patient) -> None:
    """A clock of the login node that is ten minutes ahead fails."""
    wrapper = patient.cluster.path("/usr/local/bin/date")
    wrapper.write_text("#!/bin/sh\nexec /usr/bin/date -d '10 minutes' \"$@\"\n")
    wrapper.chmod(0o755)
    try:
        found = patient.examine()
    finally:
        wrapper.unlink()

    assert found["clock"].status is FAILURE
    assert found["clock"].detail == "The login node's clock is 10 min ahead of this machine's."
    assert "timedatectl set-ntp true" in to_paste(found["clock"])
    assert patient.examine()["clock"].status is OK


def test_a_user_without_an_account(patient: Patient) -> None:
    """A user whom no account of Slurm has cannot submit; the pasted cure adds them to the account
    that most users have."""
    patient.sh("login", f"sacctmgr -i delete user {USER}")
    try:
        found = patient.examine()
        patient.sh("login", to_paste(found["submit"]))
        cured = patient.examine()
    finally:
        account = "account=research,limited defaultaccount=research"
        patient.cluster.run("login", ["sh", "-c", f"sacctmgr -i add user {USER} {account}"])

    assert found["submit"].status is FAILURE
    assert "account" in found["submit"].detail
    assert "account=research" in to_paste(found["submit"])
    assert cured["submit"].status is OK


def test_a_default_account_that_may_not_submit(patient: Patient) -> None:
    """Where the default account may not submit, the doctor finds one that may; the pasted setting
    makes the check pass, and belongs in the profile."""
    patient.sh("login", f"sacctmgr -i modify user {USER} set defaultaccount=limited")
    try:
        found = patient.examine()
        cured = patient.examine(pasted_settings(found["submit"]))
    finally:
        patient.sh("login", f"sacctmgr -i modify user {USER} set defaultaccount=research")

    assert found["submit"].status is FAILURE
    assert found["submit"].advised == (("JARVICE_SLURM_CHECK_OPTIONS", "account=research"),)
    assert cured["submit"].status is OK


def test_forwarding_that_is_prohibited(patient: Patient) -> None:
    """A login node that forwards no connections is a warning, because jobs run; the pasted cure
    allows it."""
    with restarted_sshd(patient, f"Match User {USER}\nAllowTcpForwarding no"):
        found = patient.examine()
    with restarted_sshd(patient, to_paste(found["forwarding"])):
        cured = patient.examine()

    assert found["forwarding"].status is WARNING
    assert "prohibited" in found["forwarding"].detail
    assert cured["forwarding"].status is OK


def test_a_state_directory_that_cannot_be_written_to(patient: Patient) -> None:
    """A state directory of another user fails; the pasted setting names one that works."""
    patient.sh("login", "mkdir -p /opt/state && chmod 755 /opt/state")
    other = {"JARVICE_STATE_DIR": "/opt/state"}

    found = patient.examine(other)
    cured = patient.examine(other | pasted_settings(found["state-directory"]))

    assert found["state-directory"].status is FAILURE
    assert "Permission denied" in found["state-directory"].detail
    assert found["state-directory"].setting == "JARVICE_STATE_DIR"
    assert cured["state-directory"].status is OK


def test_a_directory_that_lets_nobody_in(patient: Patient) -> None:
    """The cure for a directory of the user's own with the wrong mode is pasted; that for another
    user's names its owner."""
    place = f"{HOME}/shut"
    patient.sh("login", f"mkdir -m 0 {place}", user=USER)
    changed = {"JARVICE_JOB_SCRATCH_DIR": f"{place}/"}

    found = patient.examine(changed)["scratch-directory"]
    [command] = [line for line in to_paste(found).splitlines() if line.startswith("chmod")]
    patient.sh("login", command, user=USER)
    patient.sh("login", "mkdir -m 700 -p /opt/shut")
    others = patient.examine({"JARVICE_JOB_SCRATCH_DIR": "/opt/shut/"})["scratch-directory"]

    assert "Permission denied" in found.detail
    assert f"{place} has the mode 0." in found.cure
    assert patient.examine(changed)["scratch-directory"].status is OK
    assert "/opt/shut belongs to root and has the mode 700: have root let bob in." in others.cure


def test_a_full_directory(patient: Patient) -> None:
    """A directory without room fails in the system's own words."""
    place = f"{HOME}/full"
    patient.sh("login", f"mkdir {place}; mount -t tmpfs -o mode=1777,size=128k tmpfs {place}")
    try:
        found = patient.examine({"JARVICE_JOB_SCRATCH_DIR": place})
    finally:
        patient.sh("login", f"umount -l {place}")

    assert found["scratch-directory"].status is FAILURE
    assert "No space left on device" in found["scratch-directory"].detail
    assert f"du -xh {place}/" in to_paste(found["scratch-directory"])
    assert found["scratch-directory"].setting == "JARVICE_JOB_SCRATCH_DIR"
    assert patient.examine()["scratch-directory"].status is OK


@pytest.mark.parametrize("purge", ["find {} -type f -delete", "rm -rf {}/jobs"])
def test_a_state_directory_that_is_purged(patient: Patient, purge: str) -> None:
    """A state directory in the scratch directory is a warning, and once the site has removed the
    records of jobs there a failure; the pasted setting names one where nothing is purged."""
    state = f"{HOME}/scratch/state"
    purged = {"JARVICE_STATE_DIR": state}
    connector = patient.connector(purged)
    submitted = connector.submit(spec(held=True, nodes=1, cores=1), "true")
    untouched = patient.examine(purged)
    patient.sh("login", f"scancel {submitted.native_id}; {purge.format(state)}")
    connector.close()

    found = patient.examine(purged)
    cured = patient.examine(purged | pasted_settings(found["state-directory"]))

    assert untouched["state-directory"].status is WARNING
    assert "sites remove old files" in untouched["state-directory"].detail
    assert found["state-directory"].status is FAILURE
    assert "is purged: the records of 1 of 1 jobs" in found["state-directory"].detail
    assert cured["state-directory"].status is OK


def test_nodes_with_faults(patient: Patient) -> None:
    """A scratch directory that a node does not share, and a container program that it lacks, each
    fail with the node's name; with the cures no check fails."""
    hide = "mount -t tmpfs -o mode=1777 tmpfs {} && mount --bind /dev/null /usr/bin/apptainer"
    patient.sh("login", f"mkdir -p {HOME}/scratch {HOME}/shared", user=USER)
    patient.sh("node2", hide.format(f"{HOME}/scratch"))
    try:
        found = patient.examine(with_jobs=True)
        shared = {"JARVICE_JOB_SCRATCH_DIR": f"{HOME}/shared/"}
        cured = patient.examine(pasted_settings(found["container"]) | shared, with_jobs=True)
    finally:
        patient.sh("node2", f"umount -l /usr/bin/apptainer; umount -l {HOME}/scratch")

    assert with_status(found, FAILURE) == {"scratch-directory", "container"}
    assert "is not the same on node2 as on the login node" in found["scratch-directory"].detail
    assert "is on the PATH of node2 (apptainer" in found["container"].detail
    assert found["canary"].detail == "Not examined, because scratch-directory failed."
    assert pasted_settings(found["scratch-directory"]).keys() == {"JARVICE_JOB_SCRATCH_DIR"}
    assert with_status(cured, FAILURE) == set()
    assert cured["canary"].status is OK
