"""The doctor on the real cluster: a healthy one, and one without comforts."""

from typing import Any, NoReturn

import pytest

from connectors.shared.canary import canary
from connectors.slurm.examination import directories, examination, probe
from dssr.errors import CommandTimeout
from dssr.seams import CHECKS, Status
from tests.connectors.slurm.examination.patient import (
    HOME,
    USER,
    Patient,
    to_paste,
    with_status,
)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

FAILURE, WARNING, OK, SKIPPED = Status.FAILURE, Status.WARNING, Status.OK, Status.SKIPPED


def test_a_healthy_cluster(patient: Patient) -> None:
    """On a healthy cluster no check fails, all are made in their order, jobs on two nodes among
    them, and nothing is left on any host."""
    for node in ("node1", "node2"):
        patient.sh(node, "touch /dev/nvidia0")
    before = patient.files()

    registry = {"JARVICE_SYSTEM_REGISTRY": patient.cluster.registry.address}
    found = patient.examine(registry, with_jobs=True)

    assert tuple(found) == CHECKS
    assert with_status(found, OK) == set(CHECKS)
    assert "node1, node2 see it" in found["state-directory"].detail
    assert "had the end of a job" in found["accounting"].detail
    assert "apptainer" in found["container"].detail
    assert "node1, node2" in found["canary"].detail
    assert (patient.left, patient.files()) == ([], before)
    for node in ("node1", "node2"):
        patient.sh(node, "rm /dev/nvidia0")


def test_without_jobs(patient: Patient) -> None:
    """Without jobs, what needs one is skipped and says so; nothing is left either."""
    before = patient.files()

    found = patient.examine()

    assert tuple(found) == CHECKS
    assert with_status(found, SKIPPED) == set(CHECKS[-7:])
    assert all("needs a job" in found[name].detail for name in CHECKS[-7:])
    assert with_status(found, FAILURE) == set()
    assert patient.files() == before


def test_a_full_cluster(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the probe job waits in the queue, what needs it is skipped with Slurm's reason, no
    check fails, and the job is gone."""
    monkeypatch.setattr(probe, "_QUEUE", 1.0)
    before = patient.files()
    busy = "sbatch --parsable -N2 --exclusive -o /dev/null --chdir=/ --wrap 'sleep 100'"
    job = patient.sh("login", busy, user="alice").strip()
    patient.sh("login", f"until squeue -h -j {job} -t R | grep -q .; do sleep 0.1; done")
    try:
        found = patient.examine(with_jobs=True)
    finally:
        patient.sh("login", f"scancel {job}")

    assert with_status(found, FAILURE) == set()
    assert with_status(found, SKIPPED) == set(CHECKS[-7:])
    assert "has waited in the queue for 1 s (" in found["canary"].detail
    assert patient.files() == before


def test_a_probe_that_fails(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the probe job ends with an error, what needs it is skipped with the error, and the
    canary shows whether jobs run all the same."""
    monkeypatch.setattr(probe, "script_text", lambda name: "echo cannot load libfoo; exit 3")

    found = patient.examine(with_jobs=True)

    assert with_status(found, SKIPPED) == set(CHECKS[-7:-1])
    assert "The probe job ended with an error: " in found["container"].detail
    assert found["canary"].status is OK


def test_submissions_that_are_given_up(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose submission times out is cancelled although its id is unknown, and is not
    submitted again."""
    before, submitted = patient.files(), list[str]()

    def give_up(*_: object) -> NoReturn:
        submitted.append(patient.sh("login", f"squeue -h -u {USER} -o %j").strip())
        raise CommandTimeout("given up")

    with monkeypatch.context() as lost:
        submit = probe._submit
        lost.setattr(probe, "_submit", lambda *words: give_up(submit(*words)))
        found = patient.examine(with_jobs=True)
    assert (found["container"].detail, found["gpu"].detail) == ("given up", "given up")
    with monkeypatch.context() as lost:
        lost.setattr(examination, "canary", lambda c, n, o, _, name: canary(c, n, o, give_up, name))
        found = patient.examine(with_jobs=True)
    assert found["canary"].detail == "given up"

    names = [name.rpartition("-")[0] for name in submitted]
    assert names == ["dssr-doctor", "jarvice_dssr-canary"]
    assert patient.files() == before


def test_an_examination_that_is_broken_off(patient: Patient) -> None:
    """When the caller closes the examination after its job has run, nothing is left."""
    before = patient.files()
    connector = patient.connector()
    findings = connector.examine(with_jobs=True, left=[])

    for finding in findings:
        if finding.name == "accounting":
            findings.close()  # type: ignore[attr-defined]
    connector.close()

    assert patient.files() == before


def test_directories_whose_making_is_given_up(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the login node does not say in time what was made, the commands that are left remove
    all of it."""
    before = patient.files()
    prepare = directories.prepare

    def give_up(*words: Any) -> Any:
        prepare(*words)
        raise CommandTimeout("given up")

    with monkeypatch.context() as patched:
        patched.setattr(directories, "prepare", give_up)
        patient.examine()
    assert patient.files() != before
    assert [command.split()[:2] for command in patient.left] == [["rm", "-rf"]] * 2
    patient.sh("login", "\n".join(patient.left), user=USER)
    made = f"rmdir -p {HOME}/.jarvice/state {HOME}/scratch/.jarvice 2>/dev/null || true"
    patient.sh("login", made, user=USER)
    assert patient.files() == before


def test_a_clean_up_without_slurm(patient: Patient) -> None:
    """Where Slurm does not say that no job runs, the directories stay, and the commands that the
    examination leaves remove all of it."""
    before, left = patient.files(), list[str]()
    connector = patient.connector()
    findings = connector.examine(True, left)
    next(finding for finding in findings if finding.name == "state-directory")
    patient.cluster.stop("login", "slurmctld")
    findings.close()  # type: ignore[attr-defined]
    patient.cluster.start("login", "slurmctld")
    connector.close()

    assert [command.split()[0] for command in left] == ["scancel", "scancel", "rm", "rm"]
    assert patient.files() != before
    patient.sh("login", "\n".join(left), user=USER)
    assert {line for line in patient.files()[0].splitlines() if "doctor" in line} == set()


def test_a_site_without_comforts(odd: Patient) -> None:
    """A cluster without accounting, with few sessions, with a controller that soon forgets, and
    with a tcsh that is slow and talks, gives warnings and no failure: jobs run. The pasted line for
    tcsh silences it."""
    rc = odd.cluster.path("/home/jarvice/.cshrc")
    before = rc.read_text()

    found = odd.examine()
    rc.write_text(f"{to_paste(found['login-shell'])}\n{before}")
    cured = odd.examine()
    rc.write_text(before)

    assert with_status(found, FAILURE) == set()
    assert with_status(found, WARNING) == {"sessions", "login-shell", "accounting", "min-job-age"}
    assert "Only 3 of 8" in found["sessions"].detail
    assert "tcsh" in found["login-shell"].detail
    assert "keeps no accounting" in found["accounting"].detail
    assert "AccountingStorageType=" in to_paste(found["accounting"])
    assert "forgets an ended job after 4 s" in found["min-job-age"].detail
    assert cured["login-shell"].status is OK


def test_a_controller_that_is_away(odd: Patient) -> None:
    """Without a controller the check of Slurm fails, and the directories are examined all the
    same."""
    odd.cluster.stop("login", "slurmctld")
    found = odd.examine()
    odd.cluster.start("login", "slurmctld")

    assert with_status(found, FAILURE) == {"slurm"}
    assert "controller does not answer" in found["slurm"].detail
    assert found["state-directory"].status is OK
    assert found["submit"].detail == "Not examined, because slurm failed."
