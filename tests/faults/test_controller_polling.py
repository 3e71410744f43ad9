"""Slurm's controller pauses and dies while jobs are polled."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.recovery import wait_for_recovery
from tests.faults.upstream import (
    Ledger,
    Upstream,
    ends_well,
    kill_controller,
    silent,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster
# An order that was not answered may still be carried out.
READING = ("/runstatus", "/exitstatus", "/events")


def test_paused_while_polling(
    whole: Cluster, upstream: Upstream, ledger: Ledger, outage: float
) -> None:
    """While squeue gets no answer from the controller, the upstream gets none about its jobs
    either."""
    task, other = ledger.task("polled", waits=True), ledger.task("not-now")
    job = submit_until_taken(upstream, task)
    eventually(lambda: ledger.runs(task))
    whole.pause("login", "slurmctld")
    silent(upstream, job, other, outage, asking=READING)
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
    silent(upstream, job, ledger.task("not-now"), outage / 2, asking=READING)
    ledger.may_end(task)
    silent(upstream, job, ledger.task("nor-now"), outage / 2, asking=["/runstatus"])
    whole.start("login", "slurmctld")
    wait_for_recovery(upstream)
    ends_well(upstream, ledger, task, job)
