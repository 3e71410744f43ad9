"""A job must give its node to a more urgent one: Slurm ends it, or runs it again later, by the site's rules."""

from collections.abc import Callable

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Job, eventually
from tests.faults.story import (
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
    """A job that may have every node that others have."""
    task = ledger.task("urgent", waits=True, JOBOBJ_DEVICES=f'["partition=urgent",{ALL_OF_NODE1}]')
    return task, running(upstream, ledger, task)


def test_a_job_that_is_ended_for_another(
    whole: Cluster, upstream: Upstream, ledger: Ledger, configure: Configure
) -> None:
    """PreemptMode=CANCEL. It is listed until the controller has given it up for good; then it has been ended from outside."""
    configure(*URGENT, "PreemptMode=CANCEL")
    task = ledger.task("preempted", waits=True, JOBOBJ_DEVICES=f"[{ALL_OF_NODE1}]")
    job = running(upstream, ledger, task)
    other, other_job = urgent(upstream, ledger)
    eventually(lambda: state_of(whole, job), lambda state: state == b"PREEMPTED")
    assert upstream.listed(
        job
    )  # to the controller that is no last word: with another rule it would run again
    assert upstream.post("/exitstatus", job.args).status_code == 503
    ledger.may_end(other)
    ends_well(upstream, ledger, other, other_job)
    configure(
        "MinJobAge=2"
    )  # from now on the controller forgets a job soon after its end, and not after five minutes
    rc, output, termination = end_of(upstream, job)
    assert (rc, output.splitlines()[0]) == (-15, "preempted begins")
    assert "PREEMPTED" in termination
    assert ledger.runs(task) == [job.jobid]


def test_a_job_that_runs_again_later(
    whole: Cluster, upstream: Upstream, ledger: Ledger, configure: Configure
) -> None:
    """PreemptMode=REQUEUE. One job id, listed all the while, and in the end one answer, of its last run."""
    configure(*URGENT, "PreemptMode=REQUEUE")
    task = ledger.task("put-off", waits=True, JOBOBJ_DEVICES=f"[{ALL_OF_NODE1}]")
    job = running(upstream, ledger, task)
    other, other_job = urgent(upstream, ledger)
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    ledger.may_end(other)
    ends_well(upstream, ledger, other, other_job)
    runs_again(whole, upstream, ledger, task, job)
