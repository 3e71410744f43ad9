"""One look for all callers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.slurm.snapshot import Jobs, Snapshot
from dssr.errors import Unavailable


class Cluster:
    """Counts the looks at it; each tells a mapping of its own. The clock goes by what a test adds."""

    def __init__(self) -> None:
        self.time = 100.0
        self.looks = 0
        self.at_once = 0
        self.error: Exception | None = None
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def look(self) -> Jobs:
        with self._lock:
            self.looks += 1
            self.at_once += 1
        try:
            time.sleep(0.05)
            assert self.at_once == 1, "two looks at once"
            if self.error:
                raise self.error
            return {}
        finally:
            with self._lock:
                self.at_once -= 1


def test_many_callers_share_one_look() -> None:
    """64 threads at once cost the login node one query."""
    cluster = Cluster()
    snapshot = Snapshot(cluster.look, 5.0, cluster.now)
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: snapshot.get(), range(64)))
    assert cluster.looks == 1
    assert len({id(answer) for answer in answers}) == 1


def test_a_look_serves_for_its_time() -> None:
    """And not longer."""
    cluster = Cluster()
    snapshot = Snapshot(cluster.look, 5.0, cluster.now)
    first = snapshot.get()
    cluster.time += 5
    assert snapshot.get() is first
    cluster.time += 0.1
    assert snapshot.get() is not first
    assert cluster.looks == 2


def test_nobody_asks_nobody_looks() -> None:
    """An idle bridge costs the cluster nothing."""
    cluster = Cluster()
    Snapshot(cluster.look, 5.0, cluster.now)
    cluster.time += 3600
    assert cluster.looks == 0


def test_a_change_by_the_bridge_counts_at_once() -> None:
    """What was seen before a submission does not hide it."""
    cluster = Cluster()
    snapshot = Snapshot(cluster.look, 5.0, cluster.now)
    snapshot.get()
    cluster.time += 1
    snapshot.change()
    cluster.time += 0.1
    snapshot.get()
    snapshot.get()
    assert cluster.looks == 2


def test_a_look_that_began_before_a_change_does_not_count() -> None:
    """It may have missed what the change did."""
    cluster = Cluster()
    snapshot: Snapshot

    def look() -> Jobs:
        jobs = cluster.look()
        if cluster.looks == 1:
            cluster.time += 1
            snapshot.change()
            cluster.time += 0.1
        return jobs

    snapshot = Snapshot(look, 5.0, cluster.now)
    snapshot.get()
    snapshot.get()
    assert cluster.looks == 2


def test_a_failure_is_not_kept() -> None:
    """The next caller looks again, and an old answer is not handed out instead of the error."""
    cluster = Cluster()
    snapshot = Snapshot(cluster.look, 5.0, cluster.now)
    first = snapshot.get()
    cluster.time += 6
    cluster.error = Unavailable("silence")
    for _ in range(2):
        with pytest.raises(Unavailable, match="silence"):
            snapshot.get()
    assert cluster.looks == 3
    cluster.error = None
    assert snapshot.get() is not first
