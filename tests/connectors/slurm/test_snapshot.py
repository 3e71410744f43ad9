"""One look for all callers, and what the bridge itself has done since."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.slurm.snapshot import SharedSnapshot
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, JobStatus

MAX_AGE = 5.0
SOON = 30.0  # seconds; no test waits for it to pass


class Cluster:
    """What looks find; it counts them. The clock goes by what a test adds."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.looks = 0
        self.jobs: dict[str, JobStatus] = {}
        self.during: Callable[[], None] = lambda: None  # happens while a look is under way
        self._one = threading.Lock()

    def now(self) -> float:
        return self.time

    def look(self) -> Mapping[str, JobStatus]:
        assert self._one.acquire(blocking=False), "two looks at once"
        try:
            self.looks += 1
            found = dict(self.jobs)
            self.during()
            return found
        finally:
            self._one.release()


def ref(native_id: str) -> JobRef:
    return JobRef(f"name-{native_id}", 1, native_id)


def job(native_id: str, state: JobState) -> dict[str, JobStatus]:
    """What a look finds of that job."""
    return {native_id: JobStatus(ref(native_id), state)}


def states(snapshot: SharedSnapshot) -> dict[str, JobState]:
    """What a caller is told."""
    return {native_id: status.state for native_id, status in snapshot.get().items()}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def snapshot(cluster: Cluster) -> SharedSnapshot:
    return SharedSnapshot(cluster.look, MAX_AGE, SOON, cluster.now)


def together(snapshot: SharedSnapshot, cluster: Cluster, callers: int, act: Callable[[], object]) -> list[object]:
    """What callers get who all come while one look is under way."""
    under_way, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        under_way.set()
        assert go_on.wait(SOON)

    cluster.during = wait
    with ThreadPoolExecutor(callers) as pool:
        first = pool.submit(act)
        assert under_way.wait(SOON)
        others = [pool.submit(act) for _ in range(callers - 1)]
        while sum(other.running() for other in others) < callers - 1:
            time.sleep(0.01)
        time.sleep(0.3)  # until they wait for the look that is under way
        cluster.during = lambda: None
        go_on.set()
        return [one.result() for one in (first, *others)]


def test_many_callers_share_one_look(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """64 threads at once cost the login node one query."""
    answers = together(snapshot, cluster, 64, snapshot.get)
    assert cluster.looks == 1
    assert len({id(answer) for answer in answers}) == 1


def test_a_failure_costs_each_caller_one_wait(cluster: Cluster) -> None:
    """Those who waited for a look share its error: nobody waits for the others' looks as well."""

    def silent() -> Mapping[str, JobStatus]:
        cluster.look()
        raise Unavailable("silence")

    failing = SharedSnapshot(silent, MAX_AGE, SOON, cluster.now)

    def ask() -> str:
        with pytest.raises(Unavailable) as raised:
            failing.get()
        return raised.value.message

    assert together(failing, cluster, 8, ask) == ["silence"] * 8
    assert cluster.looks < 8


def test_nobody_waits_longer_than_he_may(cluster: Cluster) -> None:
    """A look that hangs keeps only the caller who makes it, and that one has a deadline of his own."""
    go_on = threading.Event()

    def hang() -> None:
        assert go_on.wait(SOON)

    cluster.during = hang
    snapshot = SharedSnapshot(cluster.look, MAX_AGE, 0.1, cluster.now)
    with ThreadPoolExecutor(2) as pool:
        looking = pool.submit(snapshot.get)
        while not cluster.looks:
            time.sleep(0.01)
        with pytest.raises(Unavailable, match="did not answer in time"):
            pool.submit(snapshot.get).result(SOON)
        go_on.set()
        assert looking.result(SOON) == {}


def test_a_look_serves_for_its_time(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """And not longer; its age is that of the question."""
    first = snapshot.get()
    assert first.taken == cluster.time
    cluster.time += MAX_AGE
    assert snapshot.get() is first
    cluster.time += 0.1
    assert snapshot.get() is not first
    assert cluster.looks == 2


def test_nobody_asks_nobody_looks(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """An idle bridge costs the cluster nothing, whatever it is told."""
    cluster.time += 3600
    snapshot.submitted(ref("1"))
    snapshot.cancelled(ref("1"))
    snapshot.changed()
    assert cluster.looks == 0


def test_a_failure_is_not_kept(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """The next caller looks again, and an old answer is not handed out instead of the error."""

    def fail() -> None:
        raise Unavailable("silence")

    first = snapshot.get()
    cluster.time += MAX_AGE + 1
    cluster.during = fail
    for _ in range(2):
        with pytest.raises(Unavailable, match="silence"):
            snapshot.get()
    assert cluster.looks == 3
    cluster.during = lambda: None
    assert snapshot.get() is not first


def test_a_submission_is_seen_at_once(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """Without another look: the job is pending, until a look that began later knows better."""
    cluster.jobs = job("1", JobState.RUNNING)
    assert states(snapshot) == {"1": JobState.RUNNING}
    cluster.time += 1
    snapshot.submitted(ref("2"))
    assert states(snapshot) == {"1": JobState.RUNNING, "2": JobState.PENDING}
    assert cluster.looks == 1
    cluster.jobs |= job("2", JobState.RUNNING)
    cluster.time += MAX_AGE + 1
    assert states(snapshot) == {"1": JobState.RUNNING, "2": JobState.RUNNING}


def test_a_submission_during_a_look_is_not_lost(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """The look may have missed it."""

    def submit() -> None:
        cluster.time += 1
        snapshot.submitted(ref("2"))

    cluster.during = submit
    assert states(snapshot) == {"2": JobState.PENDING}
    assert snapshot.unseen() == []


def test_a_cancellation_is_seen_at_once(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """A pending job has ended, a running one is about to; one that has ended stays as it ended."""
    cluster.jobs = job("1", JobState.PENDING) | job("2", JobState.RUNNING) | job("3", JobState.TIMEOUT)
    snapshot.get()
    cluster.time += 1
    for native_id in ("1", "2", "3", "no such job"):
        snapshot.cancelled(ref(native_id))
    assert states(snapshot) == {"1": JobState.CANCELLED, "2": JobState.COMPLETING, "3": JobState.TIMEOUT}
    assert cluster.looks == 1
    cluster.time += MAX_AGE + 1
    assert states(snapshot)["2"] is JobState.RUNNING  # Slurm's own word, once it is newer


def test_looks_are_younger_for_a_while_after_a_change(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """Whoever has just submitted a job wants to see it start."""
    cluster.time += 1
    snapshot.submitted(ref("1"))
    snapshot.get()
    cluster.time += 3
    snapshot.get()
    assert cluster.looks == 2
    cluster.time += 60
    snapshot.get()
    cluster.time += 3
    snapshot.get()
    assert cluster.looks == 3


def test_what_only_a_look_can_tell(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """After such a change no earlier look counts, nor one that had begun before."""
    snapshot.get()
    cluster.time += 0.1
    snapshot.changed()
    cluster.time += 0.1

    def change() -> None:
        cluster.during = lambda: None
        cluster.time += 0.1
        snapshot.changed()
        cluster.time += 0.1

    cluster.during = change
    snapshot.get()
    snapshot.get()
    snapshot.get()
    assert cluster.looks == 3


def test_jobs_that_no_look_has_shown_are_known(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """Slurm may hide them from the service user: the bridge can tell, until it is explained or the job turns up."""
    snapshot.submitted(ref("1"))
    snapshot.submitted(ref("2"))
    cluster.time += 1
    assert states(snapshot) == {}
    assert snapshot.unseen() == [ref("1"), ref("2")]
    snapshot.explained(ref("1"))
    assert snapshot.unseen() == [ref("2")]
    cluster.jobs = job("2", JobState.RUNNING)
    cluster.time += MAX_AGE + 1
    snapshot.get()
    assert snapshot.unseen() == []


def test_it_reports_whether_the_cluster_answered(cluster: Cluster) -> None:
    """And when it last did; before it was ever asked there is no age. Asking for the figures asks nobody."""
    snapshot = SharedSnapshot(cluster.look, MAX_AGE, SOON, cluster.now)

    def figures() -> dict[str, float]:
        return {figure.name: figure.value for figure in snapshot.figures()}

    assert figures() == {"dssr_cluster_answered": 0}
    snapshot.get()
    cluster.time += 100
    assert figures() == {"dssr_cluster_answered": 1, "dssr_snapshot_age_seconds": 100}
    cluster.during = fail
    with pytest.raises(Unavailable):
        snapshot.get()
    assert figures() == {"dssr_cluster_answered": 0, "dssr_snapshot_age_seconds": 100}
    assert cluster.looks == 2


def fail() -> None:
    """What happens in a look at a cluster that does not answer."""
    raise Unavailable("No answer.")
