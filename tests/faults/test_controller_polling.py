"""Slurm's controller pauses and dies while jobs are polled and cancelled, by both APIs."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.person import Person
from tests.faults.recovery import wait_for_recovery
from tests.faults.upstream import (
    Ledger,
    Upstream,
    end_of,
    ends_well,
    kill_controller,
    silent,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", params=[Upstream, Person])
def caller(request: pytest.FixtureRequest) -> type[Upstream]:
    """Who calls the bridges: the same holds for both APIs."""
    kind: type[Upstream] = request.param
    return kind


def test_paused_while_polling(
    whole: Cluster, upstream: Upstream, ledger: Ledger, outage: float
) -> None:
    """While squeue gets no answer from the controller, the upstream gets none about its jobs
    either."""
    task, other = ledger.task("polled", waits=True), ledger.task("not-now")
    job = submit_until_taken(upstream, task)
    eventually(lambda: ledger.runs(task))
    whole.pause("login", "slurmctld")
    silent(upstream, job, other, outage, upstream.READS)
    whole.resume("login", "slurmctld")
    wait_for_recovery(upstream)
    assert eventually(lambda: upstream.listed(job), lambda listed: listed is not None)
    ledger.may_end(task)
    ends_well(upstream, ledger, task, job)
    ends_well(upstream, ledger, other, submit_until_taken(upstream, other))


def test_killed_while_polling(
    whole: Cluster, upstream: Upstream, ledger: Ledger, outage: float
) -> None:
    """While no controller runs, the upstream gets no answer about its jobs; a job that ended
    meanwhile is reported with its own end."""
    task = ledger.task("polled", waits=True)
    job = submit_until_taken(upstream, task)
    eventually(lambda: ledger.runs(task))
    kill_controller(whole)
    silent(upstream, job, ledger.task("not-now"), outage / 2, upstream.READS)
    ledger.may_end(task)
    silent(upstream, job, ledger.task("nor-now"), outage / 2, upstream.READS[:1])
    whole.start("login", "slurmctld")
    wait_for_recovery(upstream)
    ends_well(upstream, ledger, task, job)


def test_cancelled_while_paused(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """An order that the controller does not take gets 503; sent again, it ends the job."""
    task = ledger.task("unwanted", waits=True)
    job = submit_until_taken(upstream, task)
    eventually(lambda: ledger.runs(task))
    cancel = upstream.ORDERS[0]
    whole.pause("login", "slurmctld")
    assert upstream.ask(cancel, job).status_code == 503
    whole.resume("login", "slurmctld")
    eventually(lambda: upstream.ask(cancel, job).status_code, lambda status: status in (200, 202))
    rc, _, termination = end_of(upstream, job)
    assert (rc, "CANCELLED" in termination) == (-15, True)
    assert ledger.runs(task) == [job.jobid]
