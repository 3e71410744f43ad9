"""Records, from submission to end, with real programs and a journal on a file system."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.slurm.shell import records as records_module
from dssr.errors import ConnectFailed, NotFound
from dssr.job import JobState
from dssr.testing.harness import LAUNCH
from tests.connectors.slurm.shell.records import complete, found, submit
from tests.connectors.slurm.shell_node import ShellNode
from tests.connectors.slurm.specs import spec


@pytest.fixture
def node(tmp_path: Path) -> ShellNode:
    """A login node with a real shell."""
    return ShellNode(tmp_path)


def test_a_job_of_this_bridge_is_listed_without_a_command(node: ShellNode) -> None:
    """A job that this bridge has submitted is in the list before the journal is read again."""
    connector = node.connector(snapshot_age=60.0)
    connector.records()
    ref = submit(connector)
    asked = len(node.asked)
    job = found(connector, ref)
    assert (job.state, job.evidence) == (JobState.PENDING, ("submission",))
    assert job.about.working_directory == f"{node.home}/.jarvice/work/{job.id}"
    assert Path(job.about.working_directory).is_dir()
    assert len(node.asked) == asked


def test_another_bridge_reads_the_same(node: ShellNode) -> None:
    """A bridge that is started later has the same records and the same order of ends."""
    first = node.connector()
    refs = [submit(first, number) for number in range(1, 4)]
    for ref in reversed(refs):
        complete(node, ref)
        first.records()
    second = node.connector()
    assert second.records().jobs == first.records().jobs
    assert [end.job.ref for end in second.ends(0)] == refs[::-1]
    assert second.ends(0) == first.ends(0)
    assert second.ends(second.ends(0)[-2].serial) == second.ends(0)[-1:]


def test_a_bridge_reads_what_another_one_adds(node: ShellNode) -> None:
    """Submissions and ends by another bridge are read with one command, and no other one."""
    first, second = node.connector(), node.connector()
    second.records()
    ref = submit(first)
    node.asked.clear()
    assert found(second, ref).state is JobState.RUNNING
    assert node.asked == ["squeue", "journal"]
    complete(node, ref)
    first.records()
    node.asked.clear()
    assert found(second, ref).state is JobState.COMPLETED
    assert node.asked == ["squeue", "journal"]


def test_an_entry_that_is_there_twice_counts_once(node: ShellNode) -> None:
    """Of two entries of one submission, or of one end, the first is valid."""
    connector = node.connector()
    ref = submit(connector)
    complete(node, ref)
    job = found(connector, ref)
    shelf = node.state / "journal/0"
    for old, new in (("1", "3"), ("2", "4")):
        text = str((shelf / old).readlink()).replace("COMPLETED", "FAILED")
        (shelf / new).symlink_to(text)
    for reader in (connector, node.connector()):
        assert [each for each in reader.records().jobs if each.ref == ref] == [job]
        assert [(end.serial, end.job.state) for end in reader.ends(0)] == [(2, "COMPLETED")]


def test_a_crash_between_the_job_and_its_entry(node: ShellNode) -> None:
    """A job whose submission is not in the journal is entered when squeue lists it, and found."""
    ref = submit(node.connector())
    (node.state / "journal/0/1").unlink()
    (node.directory(ref.native_id) / "entered").unlink()
    connector = node.connector()
    job = found(connector, ref)
    assert (job.ref, job.about.keeps_files) == (ref, True)
    assert (node.state / "journal/0/1").is_symlink()
    assert found(node.connector(), ref) == job
    assert len(list((node.state / "journal/0").iterdir())) == 1


def test_a_running_bridge_notices_a_job_without_an_entry(node: ShellNode) -> None:
    """A bridge reads the whole journal again when squeue lists a job that it lacks."""
    connector = node.connector()
    connector.records()
    connector._records.journal._whole -= 100.0  # seconds; not more often than once a minute
    ref = submit(node.connector())
    (node.state / "journal/0/1").unlink()
    connector.records()
    assert found(connector, ref).state is JobState.RUNNING


def test_a_submission_with_long_labels(node: ShellNode) -> None:
    """Labels that are longer than an entry are read as they were sent, by every bridge."""
    labels = tuple((f"label-{n}", f"it's \\ \t\"{'ä' * 100}") for n in range(12))
    asked = spec(keeps_files=True, by_exit_code=True, labels=labels)
    connector = node.connector()
    ref = replace(asked.ref, native_id=connector.submit(asked, LAUNCH).native_id)
    entries = [str(link.readlink()) for link in (node.state / "journal/0").iterdir()]
    assert len(entries) > 2
    assert max(len(entry.encode()) for entry in entries) < 1024
    later = submit(connector, 2)
    for reader in (connector, node.connector()):
        assert found(reader, ref).about.labels == labels
        assert found(reader, later).about.labels == ()
    (node.state / "journal/0/2").unlink()  # a piece is lost
    connector = node.connector()
    assert found(connector, ref).about.labels == labels


def test_a_submission_begins_behind_the_numbers_of_those_before(
    node: ShellNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge whose callers never ask for records knows which numbers its submissions have taken,
    keeps few of them in memory, and has all jobs as soon as it is asked."""
    monkeypatch.setattr(records_module, "_MOST_SUBMITTED", 2)
    connector = node.connector()
    refs = [submit(connector, number) for number in range(1, 5)]
    assert connector._records.taken == 4
    assert connector._records.journal.last == 0
    assert {job.ref for job in connector.records().jobs} == set(refs)


def test_what_no_entry_has_is_kept(node: ShellNode) -> None:
    """The journal says that a job was submitted as held, so every bridge shows it as that before
    squeue lists it."""
    connector = node.connector()
    asked = spec(keeps_files=True, by_exit_code=True, held=True)
    id = connector.submit(asked, LAUNCH).id
    connector.records()
    assert connector._records.journal.jobs[id].submission.about.held


def test_two_bridges_that_submit_at_once(node: ShellNode) -> None:
    """Two bridges that submit at the same time use each number of the journal once, without a
    hole."""
    connectors = [node.connector(), node.connector()]
    (node.home / "bin/sbatch").write_text(
        '#!/bin/sh\nuntil mkdir "$HOME/turn" 2>/dev/null; do :; done\n'
        + (node.home / "bin/sbatch").read_text()
        + 'rmdir "$HOME/turn"\n'
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: submit(connectors[n % 2], n), range(20)))
    numbers = sorted(int(link.name) for link in (node.state / "journal/0").iterdir())
    assert numbers == list(range(1, 21))
    assert len(connectors[0].records().jobs) == len(node.connector().records().jobs) == 20


def test_a_list_that_changes_by_nothing_keeps_its_version(node: ShellNode) -> None:
    """The version of the list changes with a job, and not with a query."""
    connector = node.connector()
    ref = submit(connector)
    versions = {connector.records().version for _ in range(3)}
    assert len(versions) == 1
    node.list(ref.native_id, "SUSPENDED")
    assert connector.records().version not in versions


def test_the_connection_breaks_while_records_are_read(node: ShellNode) -> None:
    """A list that could not be read is an error, and the next one is complete."""
    connector = node.connector()
    connector.records()
    ref = submit(node.connector())
    with node.breaking("journal"), pytest.raises(ConnectFailed):
        connector.records()
    time.sleep(1.0)  # for which a failure is repeated at most
    assert found(connector, ref).state is JobState.RUNNING


def test_a_job_whose_directory_is_gone_is_forgotten(node: ShellNode) -> None:
    """A bridge that reads the whole journal leaves out jobs whose directory was purged."""
    connector = node.connector()
    ref = submit(connector)
    complete(node, ref)
    job = found(connector, ref)
    node.directory(ref.native_id).rename(node.home / "elsewhere")
    later = node.connector()
    assert later.records().jobs == []
    assert list(later.ends(0)) == []
    with pytest.raises(NotFound):
        later.record(job.id)


def test_a_job_of_another_bridge_is_found_at_once(node: ShellNode) -> None:
    """A job that another bridge has just submitted is found by its id, with one command, while the
    last answer is young; what is no id costs none, and neither does another id within a second."""
    first, second = node.connector(), node.connector(snapshot_age=60.0)
    second.records()
    ref = submit(first)
    id = found(first, ref).id
    node.asked.clear()
    job = second.record(id)
    assert (job.ref, job.state, job.evidence) == (ref, JobState.PENDING, ("submission",))
    assert node.asked == ["journal"]
    for other in ("77", "20300131-0123456789ab"):
        with pytest.raises(NotFound):
            second.record(other)
    assert node.asked == ["journal"]


def test_a_job_is_located_without_its_controller(node: ShellNode) -> None:
    """A bridge that has just begun finds a job by its id or its native id in the journal, and asks
    Slurm nothing: the state is not known, script and output are. One that it has shown costs no
    command."""
    ref = submit(node.connector())
    second = node.connector(snapshot_age=60.0)
    node.asked.clear()
    job = second.located(ref.native_id)
    assert (job.ref, job.state, job.evidence) == (ref, JobState.UNKNOWN, ())
    assert second.located(job.id) == job
    assert second.script(job.id)
    assert second.read_outputs({ref: 0}, 10).keys() == {ref}
    assert second.directory_of(ref).path == job.about.working_directory
    for other in ("77", "20300131-0123456789ab", "name"):
        with pytest.raises(NotFound):
            second.located(other)
    assert set(node.asked) == {"journal", "script", "outputs"}
    shown = found(second, ref)
    node.asked.clear()
    assert second.located(job.id) is shown
    assert node.asked == []


@pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
def test_a_cancelled_job_has_not_ended_before_something_proves_it(
    node: ShellNode, state: str
) -> None:
    """A job that this bridge has cancelled is ending, by the order alone: one that waited may have
    started meanwhile. With its entry in the journal it is final."""
    connector = node.connector(snapshot_age=60.0)
    ref = submit(connector)
    node.list(ref.native_id, state)
    connector._snapshot.changed()
    assert found(connector, ref).state is JobState(state)
    connector.cancel(ref)
    job = found(connector, ref)
    assert (job.state, job.is_final) == (JobState.COMPLETING, False)
    assert job.evidence == ("cancellation",)
    assert job.ordered is not None
    assert job.ordered > connector.records().taken
