"""How jobs end, by one examination of several jobs with real programs."""

import time
from pathlib import Path

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.shell import settling
from connectors.slurm.shell.remote import Call
from connectors.slurm.words.journal import Submission, submission_entries, submission_text
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState
from dssr.record import About, JobRecord
from tests.connectors.slurm.shell.records import complete, found, submit
from tests.connectors.slurm.shell_node import ShellNode

SILENT_ACCOUNTING = "echo 'sacct: error: Connection refused' >&2; exit 1"


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShellNode:
    """A login node with a real shell. Bridges examine a job whenever they are asked."""
    monkeypatch.setattr(settling, "_SOONEST", 0.0)
    return ShellNode(tmp_path)


def record(node: ShellNode, ref: JobRef, exit_code: int) -> None:
    """The job writes its record."""
    write_record(node.directory(ref.native_id), exit_code)


def write_record(directory: Path, exit_code: int) -> None:
    """The job of this directory writes its record."""
    lines = (f"exit={exit_code}", "step=0", "marker=none", "began=1000", "ended=1009", "state=")
    (directory / "record").write_text("".join(f"{line}\n" for line in lines))


def missing_since(node: ShellNode, ref: JobRef, seconds: int) -> None:
    """The controller has not listed the job for so long."""
    link = node.directory(ref.native_id) / "missing"
    link.unlink(missing_ok=True)
    link.symlink_to(str(int(time.time()) - seconds))


def ends(connector: SlurmConnector) -> list[tuple[str, JobState]]:
    """The native ids and states of all final states."""
    return [(end.job.ref.native_id, end.job.state) for end in connector.ends(0)]


def test_many_jobs_are_settled_with_two_commands(node: ShellNode) -> None:
    """The ends of several jobs are found with one command, and entered with another one."""
    connector = node.connector()
    refs = [submit(connector, number) for number in range(5)]
    connector.records()
    for ref in refs:
        node.list(ref.native_id, "")
        record(node, ref, 0)
    node.asked.clear()
    jobs = connector.records().jobs
    assert node.asked == ["squeue", "journal", "settle", "enter", "journal"]
    assert {job.state for job in jobs} == {JobState.COMPLETED}
    assert {(job.elapsed, job.exit_code, job.evidence) for job in jobs} == {(9, 0, ("record",))}
    node.asked.clear()
    connector.records()
    assert node.asked == ["squeue", "journal"]


def test_a_silent_controller_ends_no_job(node: ShellNode) -> None:
    """While the controller is silent, a job that nothing else proves to have ended stays open, and
    is not noted as missing."""
    connector = node.connector()
    ref = submit(connector)
    node.list(ref.native_id, "")
    with node.silent():
        assert not found(connector, ref).is_final
        assert not (node.directory(ref.native_id) / "missing").is_symlink()
    assert not found(connector, ref).is_final
    assert (node.directory(ref.native_id) / "missing").is_symlink()


def test_a_failure_that_may_be_requeued_waits_for_the_controller(node: ShellNode) -> None:
    """A job that accounting calls NODE_FAIL stays open while the controller is silent, and as long
    as it is listed again."""
    connector = node.connector()
    ref = submit(connector)
    accounted = "77|NODE_FAIL|7|1795600780|0:0|1795600790|1795600797|00:00.500||".replace(
        "77", ref.native_id
    )
    node.account(f"echo '{accounted}'")
    listed = (node.home / "listed").read_text()
    node.list(ref.native_id, "")
    with node.silent():
        assert not found(connector, ref).is_final
    (node.home / "listed").write_text(listed.replace("|RUNNING|", "|PENDING|"))
    waiting = found(connector, ref)
    assert (waiting.state, waiting.is_final) == (JobState.PENDING, False)
    node.list(ref.native_id, "")
    assert found(connector, ref).state is JobState.NODE_FAIL


def test_a_job_is_lost_after_the_settling_time(node: ShellNode) -> None:
    """A job that nothing shows is open until the settling time has passed, and then lost for
    good."""
    connector = node.connector()
    ref = submit(connector)
    node.list(ref.native_id, "")
    assert not found(connector, ref).is_final
    missing_since(node, ref, 10)
    assert not found(connector, ref).is_final
    missing_since(node, ref, 25)
    lost = found(connector, ref)
    assert (lost.state, lost.is_final, lost.evidence) == (JobState.UNKNOWN, True, ())
    assert ends(connector) == [(ref.native_id, JobState.UNKNOWN)]


def test_no_job_is_lost_while_accounting_is_silent(node: ShellNode) -> None:
    """An accounting that does not answer may know how a job ended; the time runs from its
    return."""
    connector = node.connector()
    ref = submit(connector)
    node.list(ref.native_id, "")
    missing_since(node, ref, 1000)
    node.account(SILENT_ACCOUNTING)
    assert not found(connector, ref).is_final
    assert (node.directory(ref.native_id) / "silent").is_symlink()
    node.account("exit 0")
    assert not found(connector, ref).is_final
    complete(node, ref)
    assert found(connector, ref).state is JobState.COMPLETED


def test_an_id_that_is_given_out_twice(node: ShellNode) -> None:
    """After a reset of Slurm's counter, another job's row is not the row of the job that had its id
    before: each has its own end."""
    connector = node.connector()
    old = submit(connector)
    (node.home / "runs").unlink()  # the counter begins again
    node.list(old.native_id, "")
    young = submit(connector, 2)
    assert young.native_id == old.native_id
    (directory,) = node.state.glob(f"jobs/*/*.{connector.records().jobs[-1].id[9:]}")
    write_record(directory, 3)
    first, second = found(connector, old), found(connector, young)
    assert (first.state, first.exit_code) == (JobState.FAILED, 3)
    assert (second.state, second.is_final) == (JobState.RUNNING, False)
    node.list(young.native_id, "")
    batch = next(path for path in node.state.glob("jobs/*/*/batch.2.*"))
    facts = "COMPLETED|7|1795600780|0:0|1795600790|1795600797|00:00.500|"
    row = f"{young.native_id}|{facts}|sbatch {batch}"
    node.account(f"echo '{row}'")
    assert found(connector, young).state is JobState.COMPLETED
    assert found(connector, old) == first


def test_a_final_answer_of_before_is_the_end(node: ShellNode) -> None:
    """The answer that /exitstatus has given is the one that the record has."""
    connector = node.connector()
    ref = submit(connector)
    node.list(ref.native_id, "")
    (node.directory(ref.native_id) / "final").symlink_to("TIMEOUT|88|by hand")
    complete(node, ref)
    job = found(connector, ref)
    assert (job.state, job.elapsed, job.reason) == (JobState.TIMEOUT, 88, "by hand")


def test_an_unreadable_record_is_no_missing_record(node: ShellNode) -> None:
    """A job whose record cannot be read stays open, whatever else there is."""
    connector = node.connector()
    ref = submit(connector)
    place = node.directory(ref.native_id) / "record"
    place.mkdir()  # reads fail
    complete(node, ref)
    assert not found(connector, ref).is_final
    place.rmdir()
    assert found(connector, ref).state is JobState.COMPLETED


def test_the_evidence_of_one_job_is_not_that_of_another(node: ShellNode) -> None:
    """Jobs that are examined at once have each their own state, exit code and size of output."""
    connector = node.connector()
    refs = [submit(connector, number) for number in (1, 2, 3)]
    connector.records()
    for code, ref in enumerate(refs):
        output = Path((node.directory(ref.native_id) / "output").read_text().strip())
        output.write_bytes(b"x" * (10 + code))
        record(node, ref, code)
        node.list(ref.native_id, "")

    def facts(job: JobRecord) -> tuple[JobState, int | None, int | None]:
        return job.state, job.exit_code, job.output_bytes

    assert [facts(found(connector, ref)) for ref in refs] == [
        (JobState.COMPLETED, 0, 10),
        (JobState.FAILED, 1, 11),
        (JobState.FAILED, 2, 12),
    ]


def test_an_end_is_logged_by_the_bridge_alone(
    node: ShellNode, caplog: pytest.LogCaptureFixture
) -> None:
    """The connector logs no end: the bridge does so, for every connector, when it sees the job."""
    caplog.set_level("INFO")
    connector = node.connector()
    ref = submit(connector)
    complete(node, ref)
    assert found(connector, ref).is_final
    assert [text for text in caplog.messages if "Ended" in text] == []


def test_each_owner_has_a_share_of_the_time(
    node: ShellNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The jobs of one owner take no more than a share of the time of those who wait, so that a
    login that hangs does not take all of it."""
    connector = node.connector()
    shelf = node.state / "journal/0"
    shelf.mkdir(parents=True)
    for number, owner in enumerate(("alice", "bob", "carol", "dave"), 1):
        directory = f"jobs/2030-01-31/{'0' * 32}.{number:012x}"
        entry = Submission(directory, JobRef("name", number, "7"), owner, 1.5, About(), "/x.out")
        (text,) = submission_entries(entry, submission_text(entry.ref, About(), 1.5))
        (shelf / str(number)).symlink_to(text)
    shares = dict[str, float]()

    def for_user(user: str, share: float = 1.0) -> Call:
        shares[user] = share
        raise Unavailable("their login hangs")

    monkeypatch.setattr(connector._accounts, "for_user", for_user)
    assert len(connector.records().jobs) == 4
    assert shares == dict.fromkeys(("alice", "bob", "carol", "dave"), 0.25)
