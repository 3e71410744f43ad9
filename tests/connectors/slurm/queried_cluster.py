"""A cluster that counts its queries, for the tests of the shared snapshot."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from dssr.job import JobRef, JobState, JobStatus

MAX_AGE = 5.0
SOON = 30.0  # seconds; no test waits for it to pass
T = TypeVar("T")


class Cluster:
    """What queries find. It counts them, and its clock goes by what a test adds."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.queries = 0
        self.jobs: dict[str, JobStatus] = {}
        self.during: Callable[[], None] = lambda: None  # happens while a query is under way
        self._one = threading.Lock()

    def now(self) -> float:
        return self.time

    def query(self) -> Mapping[str, JobStatus]:
        assert self._one.acquire(blocking=False), "two queries at once"
        try:
            self.queries += 1
            found = dict(self.jobs)
            self.during()
            return found
        finally:
            self._one.release()


def ref(native_id: str) -> JobRef:
    return JobRef(f"name-{native_id}", 1, native_id)


def job(native_id: str, state: JobState) -> dict[str, JobStatus]:
    """What a query finds of that job."""
    return {native_id: JobStatus(ref(native_id), state)}


def states(snapshot: SharedSnapshot) -> dict[str, JobState]:
    """The states that a caller gets, by native id."""
    return {native_id: status.state for native_id, status in snapshot.get().items()}


def together(cluster: Cluster, callers: int, act: Callable[[], T]) -> list[T]:
    """What callers get who all come while one query is under way."""
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
        time.sleep(0.3)  # until they wait for the query that is under way
        cluster.during = lambda: None
        go_on.set()
        return [one.result() for one in (first, *others)]
