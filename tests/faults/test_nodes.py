"""Compute nodes are lost under a job, and Slurm runs a job again by its own decision."""

import pytest

from tests.cluster import Cluster
from tests.faults.upstream import Ledger, Upstream, end_of, ends_well, running, runs_again, state_of

pytestmark = pytest.mark.cluster


def test_a_node_that_is_lost(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """When a node's cable is pulled, its job is listed until Slurm gives it up; then it has failed,
    having run once."""
    on_one = '["exclusive=False","sbatch_nodelist=node1","sbatch_no-requeue="]'
    on_two = '["exclusive=False","sbatch_nodelist=node2"]'
    task = ledger.task("lost-node", waits=True, JOBOBJ_DEVICES=on_one)
    elsewhere = ledger.task("other-node", waits=True, JOBOBJ_DEVICES=on_two)
    job, other = running(upstream, ledger, task), running(upstream, ledger, elsewhere)
    whole.link("node1", up=False)
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    # The controller itself sets a silent node down after 40 seconds (SlurmdTimeout).
    whole.run("login", ["scontrol", "update", "nodename=node1", "state=down", "reason=silent"])
    rc, output, termination = end_of(upstream, job)
    assert (rc, output.splitlines()[0]) == (1, "lost-node begins")
    assert "NODE_FAIL" in termination
    assert state_of(whole, job) == b"NODE_FAIL"  # the controller has not forgotten it yet
    assert not upstream.listed(job)
    assert upstream.listed(other)
    ledger.may_end(elsewhere)
    ends_well(upstream, ledger, elsewhere, other)
    whole.link("node1", up=True)
    assert ledger.runs(task) == [job.jobid]


def test_a_requeued_job(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """A running job that an operator requeues keeps its id, is listed all the time, and gets the
    result of its last run."""
    task = ledger.task("requeued", waits=True)
    job = running(upstream, ledger, task)
    assert whole.run("login", ["scontrol", "requeue", job.jobid]).returncode == 0
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    runs_again(whole, upstream, ledger, task, job)
