"""Ends of jobs: each is reported once, in one order, with the final record."""

import time
from pathlib import Path

import pytest

from connectors.slurm.shell.records import JobRecords
from dssr.bridge import Bridge
from dssr.errors import Unavailable
from dssr.job import JobState
from dssr.jobs import Jobs
from dssr.jobs.request import JobRequest, Origin
from executors.native import Native
from tests.connectors.slurm.shell.records import complete, found, submit
from tests.connectors.slurm.shell_node import ShellNode


@pytest.fixture
def node(tmp_path: Path) -> ShellNode:
    """A login node with a real shell."""
    return ShellNode(tmp_path)


def test_the_end_of_a_job_is_one_line_in_the_log(
    node: ShellNode, caplog: pytest.LogCaptureFixture
) -> None:
    """The bridge that looks at its jobs logs each end; the connector adds no line of its own."""
    caplog.set_level("INFO")
    connector = node.connector()
    jobs = Jobs(Bridge(connector, Native(), connector._settings))
    job, _ = jobs.submit(JobRequest(script="true\n"), Origin())
    complete(node, job.ref)
    jobs.index()
    assert jobs.find(job.id).state is JobState.COMPLETED
    ends = [message for message in caplog.messages if message.startswith("Ended")]
    assert ends == [f"Ended: job job/{job.ref.number}/{job.ref.native_id} is COMPLETED after 7 s"]


def test_an_end_is_reported_with_the_final_record(
    node: ShellNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that was read while the list of jobs could not be made comes with the next list, and
    not with the job as it was before."""
    first, second = node.connector(), node.connector()
    ref = submit(first)
    second.records()
    complete(node, ref)
    first.records()

    def unavailable(*_: object) -> None:
        raise Unavailable("The time is over.")

    with monkeypatch.context() as patch:
        patch.setattr(JobRecords, "_show", unavailable)
        with pytest.raises(Unavailable):
            second.records()
        assert second.ends(0) == []
    time.sleep(1)  # for which a failure is repeated
    second.records()
    assert [end.job.state for end in second.ends(0)] == [JobState.COMPLETED]


def test_an_end_before_its_submission(node: ShellNode) -> None:
    """An end that is in the journal before its job's submission is that job's end, and comes in the
    place of the submission: a bridge that has reported later ends has not missed it."""
    connector = node.connector()
    ref = submit(connector)
    complete(node, ref)
    job = found(connector, ref)
    shelf = node.state / "journal/0"
    texts = [str((shelf / name).readlink()) for name in ("1", "2")]
    for name, text in zip(("1", "2"), reversed(texts), strict=True):
        (shelf / name).unlink()
        (shelf / name).symlink_to(text)
    other = node.connector()
    assert found(other, ref) == job
    assert [(end.serial, end.job.ref) for end in other.ends(0)] == [(2, ref)]


def test_an_end_whose_submission_comes_late(node: ShellNode) -> None:
    """An end whose submission is entered after other ends is reported after them, by every bridge
    in the same place."""
    connector = node.connector()
    late, other = submit(connector), submit(connector, 2)
    for ref in (late, other):
        complete(node, ref)
        connector.records()
    shelf = node.state / "journal/0"
    texts = [str((shelf / str(number)).readlink()) for number in (2, 3, 4)]
    for number in range(1, 5):
        (shelf / str(number)).unlink()
    for number, text in enumerate(texts, 1):  # without the first submission
        (shelf / str(number)).symlink_to(text)
    for reader in (node.connector(), node.connector()):
        reader.records()
        places = [(end.serial, end.job.ref) for end in reader.ends(0)]
        assert places == [(3, other), (4, late)]
        assert [end.job.ref for end in reader.ends(3)] == [late]
