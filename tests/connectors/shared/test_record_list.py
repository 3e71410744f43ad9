"""One list of all jobs for all callers."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from connectors.shared.record_list import RecordList
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState
from dssr.record import JobRecord

RUNNING = JobRecord("7", JobRef("job", 1, "7"), JobState.RUNNING)
AGE = 5.0


class Cluster:
    """Answers queries with its jobs, and counts them."""

    def __init__(self) -> None:
        self.now, self.queries = 100.0, 0
        self.jobs: list[JobRecord] = [RUNNING]
        self.error: Exception | None = None
        self.answers = threading.Event()
        self.answers.set()
        self.list = RecordList(AGE, self.query, lambda: self.now)

    def query(self) -> Sequence[JobRecord]:
        """All jobs."""
        self.queries += 1
        assert self.answers.wait(10)
        if self.error is not None:
            raise self.error
        return list(self.jobs)


@pytest.fixture
def cluster() -> Cluster:
    """A cluster with one job, which runs."""
    return Cluster()


def test_a_young_list_is_not_made_again(cluster: Cluster) -> None:
    """Within the age the same list is returned, and after it a new one."""
    first = cluster.list.get(1)
    cluster.now += AGE
    assert cluster.list.get(1) is first
    cluster.now += 0.1
    assert cluster.list.get(1).taken > first.taken
    assert cluster.queries == 2


def test_the_version_is_another_when_a_job_has_changed(cluster: Cluster) -> None:
    """Time that passes for a running job is no change; its state, a new job and a lost one are."""
    versions = []
    for jobs in (
        [RUNNING],
        [replace(RUNNING, elapsed=60)],
        [replace(RUNNING, state=JobState.COMPLETING)],
        [replace(RUNNING, id="8"), RUNNING],
        [RUNNING],
    ):
        cluster.jobs = jobs
        cluster.now += AGE + 1
        versions.append(cluster.list.get(1).version)
    assert versions == [1, 1, 2, 3, 4]


def test_what_changed_here_is_in_the_next_list(cluster: Cluster) -> None:
    """After a change by this bridge a young list is made again."""
    cluster.list.get(1)
    cluster.jobs = []
    cluster.list.changed()
    assert list(cluster.list.get(1).jobs) == []


def test_a_change_during_a_query_makes_another_one(cluster: Cluster) -> None:
    """A list that was being made when a job changed is not young."""
    cluster.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cluster.list.get, 10)
        while not cluster.queries:
            pass
        cluster.list.changed()
        cluster.answers.set()
        first.result()
    cluster.list.get(1)
    assert cluster.queries == 2


@pytest.mark.parametrize("is_old", [True, False])
def test_no_caller_gets_the_list_that_is_being_replaced(cluster: Cluster, is_old: bool) -> None:
    """While a new list is made, since the last one is old or lacks a change, no caller gets the
    last one."""
    cluster.list.get(1)
    if is_old:
        cluster.now += AGE + 1
    else:
        cluster.list.changed()
    cluster.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(cluster.list.get, 10)
        while cluster.queries < 2:
            pass
        with pytest.raises(Unavailable, match="try again"):
            cluster.list.get(0.01)
        cluster.answers.set()
        assert cluster.list.get(10) is second.result()


def test_one_query_serves_all_callers(cluster: Cluster) -> None:
    """Callers that come while a list is made wait for it, and get it."""
    cluster.answers.clear()
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(cluster.list.get, 10) for _ in range(16)]
        while not cluster.queries:
            pass
        cluster.answers.set()
        assert len({id(done.result()) for done in waiting}) == 1
    assert cluster.queries == 1


def test_a_caller_waits_no_longer_than_they_can(cluster: Cluster) -> None:
    """A caller whose time is over before the list is there gets ``Unavailable``."""
    cluster.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cluster.list.get, 10)
        while not cluster.queries:
            pass
        with pytest.raises(Unavailable, match="try again"):
            cluster.list.get(0.01)
        cluster.answers.set()
        assert first.result().version == 1


def test_a_failed_query_is_repeated_by_the_next_call(cluster: Cluster) -> None:
    """A query that failed leaves no list behind, and the next caller asks again."""
    first = cluster.list.get(1)
    cluster.error = Unavailable("no answer")
    cluster.now += AGE + 1
    for _ in range(2):
        with pytest.raises(Unavailable, match="no answer"):
            cluster.list.get(1)
    cluster.error = None
    assert cluster.list.get(1).version == first.version
    assert cluster.queries == 4
