"""The thread that watches: when it asks the cluster, and that it outlives outages."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from dssr.deadline import answer_due
from dssr.errors import DssrError, Unavailable
from dssr.job import JobState
from dssr.record import JobRecord
from dssr.watch import Change, Watch
from dssr.watch.watch import READ_EVERY
from tests.dssr.watch.cluster import ScriptedCluster, job
from tests.end_to_end.service import eventually

R, C = JobState.RUNNING, JobState.COMPLETED


class Ear:
    """A listener for events and for single jobs, which keeps the states that it gets."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.errors: list[str] = []
        self.last = 0.0

    def changed(self, what: "Sequence[Change] | JobRecord | None", _: object) -> None:
        """See ``EventListener`` and ``JobListener``."""
        jobs = [what] if isinstance(what, JobRecord) else [c.job for c in what or ()]
        self.heard += [each.state.value for each in jobs]
        self.last = time.monotonic()

    def failed(self, error: DssrError) -> None:
        """See ``EventListener``."""
        self.errors.append(error.message)

    def hears(self, count: int) -> None:
        """Wait for so many states."""
        eventually(lambda: len(self.heard), lambda heard: heard == count)


@pytest.fixture
def watched() -> Iterator[Callable[[ScriptedCluster], Watch]]:
    """Watch a cluster. A test leaves no listeners behind."""
    made: list[Watch] = []

    def watch(cluster: ScriptedCluster) -> Watch:
        made.append(Watch(cluster, cluster.age, timeout=5.0))
        return made[-1]

    yield watch
    eventually(lambda: _threads() == 0)


def _threads() -> int:
    return sum(thread.name.startswith("watch") for thread in threading.enumerate())


def test_the_thread_runs_while_there_is_a_listener(
    watched: Callable[[ScriptedCluster], Watch],
) -> None:
    """Without listeners nothing is asked; the last one that leaves ends the thread."""
    cluster, ear = ScriptedCluster(age=0.1), Ear()
    watch = watched(cluster)
    assert cluster.asked["records"] == []
    for _ in range(2):
        cluster.asked["records"].clear()
        watch.events(ear, None)
        eventually(lambda: len(cluster.asked["records"]), lambda asked: asked >= 3)
        watch.stop_events(ear)
        eventually(lambda: _threads() == 0)


def test_a_change_arrives_when_the_records_may_be_old_and_a_moment_later(
    watched: Callable[[ScriptedCluster], Watch],
) -> None:
    """A listener waits for the age of a snapshot at most, and a second."""
    cluster, events, single = ScriptedCluster(age=0.5), Ear(), Ear()
    cluster.put("a", JobState.PENDING)
    watch = watched(cluster)
    watch.events(events, None)
    watch.job(single, cluster.jobs["a"])
    eventually(lambda: events.last)
    for count, state in enumerate((R, C), 1):
        at = time.monotonic()
        cluster.put("a", state)
        for ear in (events, single):
            ear.hears(count)
            assert ear.last - at < 1.5
    assert events.heard == single.heard == [R, C]
    watch.stop_events(events)
    watch.stop_job(single)


def test_a_listener_who_comes_gets_what_was_missed_at_once(
    watched: Callable[[ScriptedCluster], Watch],
) -> None:
    """Final states of the past are there without a new query of the cluster."""
    cluster, first, late = ScriptedCluster(age=30.0), Ear(), Ear()
    cluster.put("a", C)
    watch = watched(cluster)
    watch.events(first, None)
    eventually(lambda: first.last)
    watch.events(late, 0)
    eventually(lambda: late.heard, lambda heard: heard == ["COMPLETED"])
    assert len(cluster.asked["records"]) == 1
    watch.stop_events(first)
    watch.stop_events(late)


def test_commands_do_not_grow_with_the_listeners(
    watched: Callable[[ScriptedCluster], Watch],
) -> None:
    """A hundred listeners and twenty followed jobs cost what one costs."""
    cluster = ScriptedCluster(age=2.0)
    watch = watched(cluster)
    ears = [Ear() for _ in range(100)]
    for ear in ears:
        watch.events(ear, None)
    jobs = [cluster.put(str(n), R) for n in range(20)]
    readers = [watch.follow(each, 0, lambda: None) for each in jobs for _ in range(5)]
    began = time.monotonic()
    time.sleep(READ_EVERY)
    for each in jobs:
        cluster.prints(each.id, b"line\n")
    eventually(lambda: len(cluster.asked["outputs"]), lambda asked: asked >= 3)
    assert all(piece and piece.text == "line\n" for piece in (r.next() for r in readers))
    seconds = time.monotonic() - began
    for reader in readers:
        watch.stop_following(reader)
    for ear in ears:
        watch.stop_events(ear)
    assert len(cluster.asked["records"]) <= seconds / 2.0 + 2
    assert len(cluster.asked["outputs"]) <= seconds / READ_EVERY + 1


def test_an_outage_is_reported_and_the_events_go_on(
    watched: Callable[[ScriptedCluster], Watch],
) -> None:
    """What ends during an outage comes after it, once."""
    cluster, ear = ScriptedCluster(), Ear()
    watch = watched(cluster)
    watch.events(ear, None)
    eventually(lambda: ear.last)
    cluster.failure = Unavailable("The login node does not answer.")
    cluster.put("a", C)
    eventually(lambda: ear.errors, lambda errors: errors == ["The login node does not answer."])
    assert ear.heard == []
    cluster.failure = None
    eventually(lambda: ear.heard, lambda heard: heard == ["COMPLETED"])
    watch.stop_events(ear)


def test_output_goes_on_while_the_scheduler_does_not_answer(
    watched: Callable[[ScriptedCluster], Watch],
) -> None:
    """Reading outputs does not wait for records, and who follows a job learns of the outage."""
    cluster, ear, over = ScriptedCluster(), Ear(), threading.Event()
    records, job = cluster.records, cluster.put("a", R)

    def silent() -> object:
        over.wait(30)
        raise Unavailable("The controller does not answer.")

    cluster.records = silent  # type: ignore[method-assign, assignment]
    watch = watched(cluster)
    watch.job(ear, job)
    reader = watch.follow(job, 0, lambda: None)
    cluster.prints("a", b"line\n")
    piece = eventually(reader.next)
    assert piece is not None
    assert piece.text == "line\n"
    assert ear.errors == []
    over.set()
    eventually(lambda: ear.errors, lambda errors: errors == ["The controller does not answer."])
    cluster.records = records  # type: ignore[method-assign]
    cluster.put("a", C)
    eventually(lambda: ear.heard, lambda heard: heard == ["COMPLETED"])
    watch.stop_job(ear)
    watch.stop_following(reader)


def test_a_fault_in_a_connector_does_not_end_the_watch(
    watched: Callable[[ScriptedCluster], Watch], caplog: pytest.LogCaptureFixture
) -> None:
    """The fault is in the log with its traceback, and the next look is an ordinary one."""
    cluster, ear = ScriptedCluster(), Ear()
    watch = watched(cluster)
    cluster.ends = None  # type: ignore[method-assign, assignment]
    watch.events(ear, 0)
    eventually(lambda: ear.errors)
    assert any(record.exc_info for record in caplog.records if record.levelno == logging.ERROR)
    del cluster.ends
    cluster.put("a", C)
    eventually(lambda: ear.heard, lambda heard: heard == ["COMPLETED"])
    watch.stop_events(ear)


def test_each_question_has_a_time(watched: Callable[[ScriptedCluster], Watch]) -> None:
    """A connector is asked with a deadline, as in a request."""
    cluster, ear, dues = ScriptedCluster(), Ear(), []
    records = cluster.records

    def noting() -> object:
        dues.append(answer_due() - time.monotonic())
        return records()

    cluster.records = noting  # type: ignore[method-assign, assignment]
    watch = watched(cluster)
    watch.job(ear, job("a"))
    eventually(lambda: dues)
    watch.stop_job(ear)
    assert 4.0 < dues[0] <= 5.0


def test_the_end_of_a_job_that_is_followed_is_looked_for(
    watched: Callable[[ScriptedCluster], Watch],
) -> None:
    """When an output shows that its job ends, the records are asked for at once, however young they
    are, and the output's end is read as soon as they show the end of the job."""
    cluster, ear = ScriptedCluster(age=600.0), Ear()
    running = cluster.put("1", R)
    watch = watched(cluster)
    watch.job(ear, running)
    reader = watch.follow(running, 0, lambda: None)
    eventually(lambda: len(cluster.asked["outputs"]), lambda asked: asked == 1)
    cluster.prints("1", b"last")
    cluster.ending.add("1")
    cluster.put("1", C)
    ear.hears(1)
    cluster.ending.clear()
    assert ear.last - cluster.asked["outputs"][1] < 1.0
    eventually(lambda: reader.next() is None and reader.is_at_end)
    assert cluster.asked["outputs"][-1] - cluster.asked["outputs"][1] < READ_EVERY / 2
    watch.stop_job(ear)
    watch.stop_following(reader)
