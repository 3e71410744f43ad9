"""Compute nodes are lost under a job, and Slurm runs a job again by its own decision."""

from collections.abc import Callable

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.story import Ledger, Upstream, end_of, ends_well, running, runs_again, state_of

pytestmark = pytest.mark.cluster


def test_a_node_that_is_lost(
    whole: Cluster, upstream: Upstream, ledger: Ledger, configure: Callable[..., None]
) -> None:
    """Its cable is pulled. The job is listed until Slurm has given it up for good; then it has failed, having run once."""
    on_one = '["exclusive=False","sbatch_nodelist=node1","sbatch_no-requeue="]'
    task = ledger.task("lost-node", waits=True, JOBOBJ_DEVICES=on_one)
    elsewhere = ledger.task(
        "other-node", waits=True, JOBOBJ_DEVICES='["exclusive=False","sbatch_nodelist=node2"]'
    )
    job, other = running(upstream, ledger, task), running(upstream, ledger, elsewhere)
    whole.link("node1", up=False)
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    eventually(lambda: state_of(whole, job), lambda state: state == b"NODE_FAIL")
    assert upstream.listed(job)  # the controller might yet requeue it
    assert upstream.post("/exitstatus", job.args).status_code == 503
    assert upstream.listed(other)
    ledger.may_end(elsewhere)
    ends_well(upstream, ledger, elsewhere, other)
    whole.link("node1", up=True)
    configure(
        "MinJobAge=2"
    )  # from now on the controller forgets a job soon after its end, and not after five minutes
    rc, output, termination = end_of(upstream, job)
    assert (rc, output.splitlines()[0]) == (1, "lost-node begins")
    assert "NODE_FAIL" in termination
    assert ledger.runs(task) == [job.jobid]


def test_a_requeued_job(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """An operator requeues a running job: one job id, listed all the while, and in the end one answer, of its last run."""
    task = ledger.task("requeued", waits=True)
    job = running(upstream, ledger, task)
    assert whole.run("login", ["scontrol", "requeue", job.jobid]).returncode == 0
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    runs_again(whole, upstream, ledger, task, job)
