"""Compute nodes are lost under a job, and Slurm runs a job again by its own decision."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.story import Ledger, Upstream, end_of, ends_well, persist, running

pytestmark = pytest.mark.cluster


def test_a_node_that_is_lost(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """Its cable is pulled. The job is listed until Slurm gives it up; then it has failed, having run once."""
    on_one = '["exclusive=False","sbatch_nodelist=node1","sbatch_no-requeue="]'
    task = ledger.task("lost-node", waits=True, JOBOBJ_DEVICES=on_one)
    elsewhere = ledger.task("other-node", waits=True, JOBOBJ_DEVICES='["exclusive=False","sbatch_nodelist=node2"]')
    job, other = running(upstream, ledger, task), running(upstream, ledger, elsewhere)
    whole.link("node1", up=False)
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    eventually(lambda: upstream.listed(job), lambda listed: listed is False)
    whole.run("login", ["sacctmgr", "-n", "list", "cluster"])
    assert upstream.post("/exitstatus", job.args).status_code == 503  # the controller might yet requeue it
    assert upstream.listed(other)
    ledger.may_end(elsewhere)
    ends_well(upstream, ledger, elsewhere, other)
    whole.link("node1", up=True)
    assert ledger.runs(task) == [job.jobid]


def test_a_requeued_job(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """An operator requeues a running job: one job id, listed all the while, and in the end one answer, of its last run."""
    task = ledger.task("requeued", waits=True)
    job = running(upstream, ledger, task)
    assert whole.run("login", ["scontrol", "requeue", job.jobid]).returncode == 0
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    eventually(lambda: whole.run("login", ["squeue", "-h", "-j", job.jobid, "-o", "%T"]).stdout.strip() == b"PENDING")
    # Slurm would wait two minutes; within a second of the first run's end a node would refuse the job's credential.
    whole.run("login", ["scontrol", "update", f"jobid={job.jobid}", "starttime=now+3"])
    eventually(lambda: upstream.listed(job) and ledger.runs(task) == [job.jobid] * 2)
    assert persist(upstream, task) == job
    ledger.may_end(task)
    rc, output, termination = end_of(upstream, job)
    assert rc == 0
    assert output.endswith(task.output)
    assert "COMPLETED" in termination
    assert ledger.runs(task) == [job.jobid] * 2
