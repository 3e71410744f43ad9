"""A job must give its node to a more urgent one: Slurm ends it, or runs it again later, by the
site's rules."""

from collections.abc import Callable

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Job
from tests.faults.upstream import (
    Ledger,
    Task,
    Upstream,
    end_of,
    ends_well,
    running,
    runs_again,
    state_of,
)

pytestmark = pytest.mark.cluster

Configure = Callable[..., None]
URGENT = (
    "PreemptType=preempt/partition_prio",
    "PartitionName=urgent Nodes=ALL PriorityTier=10 State=UP",
)
ALL_OF_NODE1 = (
    '"sbatch_nodelist=node1"'  # exclusively, as jobs have their nodes unless they say otherwise
)


def urgent(upstream: Upstream, ledger: Ledger) -> tuple[Task, Job]:
    """A running job of a partition that preempts the others."""
    task = ledger.task("urgent", waits=True, JOBOBJ_DEVICES=f'["partition=urgent",{ALL_OF_NODE1}]')
    return task, running(upstream, ledger, task)


def test_a_job_that_is_ended_for_another(
    whole: Cluster, upstream: Upstream, ledger: Ledger, configure: Configure
) -> None:
    """With PreemptMode=CANCEL, a job has ended as soon as Slurm calls it PREEMPTED."""
    configure(*URGENT, "PreemptMode=CANCEL")
    task = ledger.task("preempted", waits=True, JOBOBJ_DEVICES=f"[{ALL_OF_NODE1}]")
    job = running(upstream, ledger, task)
    other, other_job = urgent(upstream, ledger)
    rc, output, termination = end_of(upstream, job)
    assert state_of(whole, job) == b"PREEMPTED"  # the controller has not forgotten it yet
    assert not upstream.listed(job)
    ledger.may_end(other)
    ends_well(upstream, ledger, other, other_job)
    assert (rc, output.splitlines()[0]) == (-15, "preempted begins")
    assert "PREEMPTED" in termination
    assert ledger.runs(task) == [job.jobid]


def test_a_job_that_runs_again_later(
    whole: Cluster, upstream: Upstream, ledger: Ledger, configure: Configure
) -> None:
    """With PreemptMode=REQUEUE, a job keeps its id, is listed all the time, and gets the result of
    its last run."""
    configure(*URGENT, "PreemptMode=REQUEUE")
    task = ledger.task("put-off", waits=True, JOBOBJ_DEVICES=f"[{ALL_OF_NODE1}]")
    job = running(upstream, ledger, task)
    other, other_job = urgent(upstream, ledger)
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    ledger.may_end(other)
    ends_well(upstream, ledger, other, other_job)
    runs_again(whole, upstream, ledger, task, job)
