"""Records while the file server fails, and of jobs that were forgotten."""

import time
from pathlib import Path

import pytest

from connectors.slurm.words.journal import (
    EndFacts,
    Ending,
    Submission,
    end_text,
    submission_entries,
    submission_text,
)
from dssr.deadline import answering
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState
from dssr.record import About
from tests.connectors.slurm.shell.records import found, submit
from tests.connectors.slurm.shell_node import ShellNode


@pytest.fixture
def node(tmp_path: Path) -> ShellNode:
    """A login node with a real shell."""
    return ShellNode(tmp_path)


def test_records_that_cannot_be_read_whole_are_no_empty_list(node: ShellNode) -> None:
    """A bridge that starts while the file server fails reports that, and has all jobs as soon as it
    can read them."""
    ref = submit(node.connector())
    connector = node.connector()
    (node.home / "bin/find").write_text("#!/bin/sh\nexit 1\n")
    (node.home / "bin/find").chmod(0o700)
    with pytest.raises(Unavailable, match="could not be read completely"):
        connector.records()
    (node.home / "bin/find").unlink()
    time.sleep(1.0)  # for which a failure is repeated
    assert found(connector, ref).ref == ref


def test_a_failure_is_shared_for_a_moment(node: ShellNode) -> None:
    """Callers who come in the second after a failure share it: the login node is not asked again
    for each of them."""
    submit(node.connector())
    connector = node.connector()
    (node.home / "bin/find").write_text("#!/bin/sh\nexit 1\n")
    (node.home / "bin/find").chmod(0o700)
    for _ in range(5):
        with pytest.raises(Unavailable, match="could not be read completely"):
            connector.records()
    assert node.asked.count("journal") == 1


def test_a_journal_of_many_shelves_is_read_whole(node: ShellNode) -> None:
    """A bridge that starts has the jobs of all shelves, however many answers that takes."""
    ref = submit(node.connector())
    for number in range(1001, 45_000, 1000):
        shelf = node.state / f"journal/{number // 1000}"
        shelf.mkdir()
        (shelf / str(number)).symlink_to("an entry of a newer version")
    (node.state / "journal/0/1").rename(node.state / "journal/44/44002")
    node.asked.clear()
    connector = node.connector()
    assert found(connector, ref).ref == ref
    assert connector._records.journal.last == 44_002
    assert node.asked.count("journal") == 3


@pytest.mark.parametrize(("age", "is_listed"), [(6, True), (8, False)])
def test_an_old_job_of_an_owner_is_forgotten(node: ShellNode, age: int, is_listed: bool) -> None:
    """The directory of another user's job cannot be seen: the job leaves the list a retention time
    (seven days) after its end."""
    directory = f"jobs/2030-01-31/{'0' * 32}.0123456789ab"
    about = About(keeps_files=True)
    submission = Submission(directory, JobRef("name", 1, "77"), "alice", 1.5, about, "/x.out")
    (submitted,) = submission_entries(submission, submission_text(submission.ref, about, 1.5))
    facts = EndFacts(ended=time.time() - age * 86_400)
    end = end_text(submission.ref, directory, "alice", Ending(JobState.COMPLETED, 1), facts)
    shelf = node.state / "journal/0"
    shelf.mkdir(parents=True)
    for number, text in enumerate((submitted, end), 1):
        (shelf / str(number)).symlink_to(text)
    assert [bool(job.is_final) for job in node.connector().records().jobs] == [True] * is_listed


def test_a_caller_waits_no_longer_than_their_response_may_take(node: ShellNode) -> None:
    """While one caller's question to the cluster hangs, the others are answered when their
    responses are due."""
    connector = node.connector()
    with connector._records._lock, answering(time.monotonic() + 0.4):
        began = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in time"):
            connector.records()
        assert time.monotonic() - began < 10
