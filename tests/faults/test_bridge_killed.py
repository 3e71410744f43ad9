"""The bridge itself is killed at each step of a submission, or there are two of them."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.conftest import Begin
from tests.faults.person import Person
from tests.faults.relay import Relay, Way
from tests.faults.upstream import (
    Ledger,
    Task,
    Upstream,
    ends_well,
    measure,
    submit_once,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster
PADDING = 20_000


@pytest.fixture(scope="module", params=[Upstream, Person])
def caller(request: pytest.FixtureRequest) -> type[Upstream]:
    """Who calls the bridges: the same holds for both APIs."""
    kind: type[Upstream] = request.param
    return kind


def lost(upstream: Upstream, task: Task) -> bool:
    """Send the request; whether the bridge died before it responded."""
    try:
        return submit_once(upstream, task).status_code not in (200, 201)
    except requests.ConnectionError:
        return True


@pytest.mark.parametrize(
    ("way", "share"), [("up", 0.0), ("up", 0.3), ("up", 0.98), ("down", 0.0), ("down", 0.8)]
)
def test_killed_at_each_step(
    whole: Cluster, relayed: Upstream, relay: Relay, ledger: Ledger, way: Way, share: float
) -> None:
    """Whenever the bridge is killed during a submission, the next process finds on the cluster what
    was done."""
    size = measure(relayed, relay, ledger, PADDING)[way]
    task = ledger.task("killed", padding=PADDING)
    relay.stall(way, int(share * size))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(lost, relayed, task)
        assert relay.struck.wait(30)
        relayed.kill()
        assert first.result()
    relay.cut_now()
    relayed.start()
    ends_well(relayed, ledger, task, submit_until_taken(relayed, task))


def test_killed_while_sbatch_runs(whole: Cluster, relayed: Upstream, ledger: Ledger) -> None:
    """When the bridge is killed while its sbatch waits for the controller, the next process joins
    that attempt, and there is one job."""
    task = ledger.task("killed-waiting")
    whole.pause("login", "slurmctld")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(lost, relayed, task)
        eventually(lambda: [p for p in whole.processes("login") if p.name == "sbatch"])
        relayed.kill()
        assert first.result()
    relayed.start()
    assert submit_once(relayed, task).status_code == 503
    assert len([p for p in whole.processes("login") if p.name == "sbatch"]) == 1
    whole.resume("login", "slurmctld")
    ends_well(relayed, ledger, task, submit_until_taken(relayed, task))


def test_killed_while_jobs_end(whole: Cluster, relayed: Upstream, ledger: Ledger) -> None:
    """Jobs that ended while no bridge ran are reported by the next process."""
    task = ledger.task("unattended", waits=True)
    job = submit_until_taken(relayed, task)
    relayed.kill()
    ledger.may_end(task)
    whole.wait_idle()
    relayed.start()
    ends_well(relayed, ledger, task, job)


def test_two_replicas(whole: Cluster, begin: Begin, ledger: Ledger) -> None:
    """When two replicas get each of twenty requests at the same time, both give the same response,
    and there are twenty jobs."""
    replicas = [begin(whole), begin(whole)]
    tasks = [ledger.task(f"twice-{n}") for n in range(20)]
    requests_ = [(replica, task) for task in tasks for replica in replicas]
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda request: submit_until_taken(*request), requests_))
    assert jobs[0::2] == jobs[1::2]
    for n, (task, job) in enumerate(zip(tasks, jobs[0::2], strict=True)):
        ends_well(replicas[n % 2], ledger, task, job)
        ends_well(replicas[1 - n % 2], ledger, task, job)


def test_sixteen_callers_of_one_job(whole: Cluster, relayed: Upstream, ledger: Ledger) -> None:
    """When sixteen callers send the same request at once, all get one job."""
    task = ledger.task("sixteen")
    with ThreadPoolExecutor(16) as pool:
        jobs = set(pool.map(lambda _: submit_until_taken(relayed, task), range(16)))
    [job] = jobs
    ends_well(relayed, ledger, task, job)


def test_one_replica_carries_on_for_another(whole: Cluster, begin: Begin, ledger: Ledger) -> None:
    """When one of two replicas is killed while both handle the same request, the other one's
    response is right."""
    doomed, survivor = begin(whole), begin(whole)
    for n in range(4):
        task = ledger.task(f"survived-{n}")
        assert doomed.get("/gc").status_code == survivor.get("/gc").status_code == 200
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(lost, doomed, task)
            other = pool.submit(submit_until_taken, survivor, task)
            time.sleep(n * 0.01)
            doomed.kill()
            answer.result()
        doomed.start()
        assert submit_until_taken(doomed, task) == other.result()
        ends_well(doomed, ledger, task, other.result())
