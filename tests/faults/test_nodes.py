"""Compute nodes are lost under a job, and Slurm runs a job again by its own decision."""

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.story import Ledger, Upstream, end_of, ends_well, persist, running

pytestmark = pytest.mark.cluster


@pytest.fixture
def soon_forgotten(whole: Cluster) -> Iterator[Callable[[], None]]:
    """``soon_forgotten()``: from now on the controller forgets a job two seconds after its end, and not after five minutes."""
    conf = whole.path("/etc/slurm/slurm.conf")
    before = conf.read_text()

    def forget() -> None:
        conf.write_text(f"{before}\nMinJobAge=2\n")
        restart()

    def restart() -> None:
        whole.stop("login", "slurmctld", signal.SIGTERM)
        whole.start("login", "slurmctld")

    yield forget
    conf.write_text(before)
    restart()


def test_a_node_that_is_lost(whole: Cluster, upstream: Upstream, ledger: Ledger, soon_forgotten: Callable[[], None]) -> None:
    """Its cable is pulled. The job is listed until Slurm has given it up for good; then it has failed, having run once."""
    on_one = '["exclusive=False","sbatch_nodelist=node1","sbatch_no-requeue="]'
    task = ledger.task("lost-node", waits=True, JOBOBJ_DEVICES=on_one)
    elsewhere = ledger.task("other-node", waits=True, JOBOBJ_DEVICES='["exclusive=False","sbatch_nodelist=node2"]')
    job, other = running(upstream, ledger, task), running(upstream, ledger, elsewhere)
    whole.link("node1", up=False)
    assert upstream.listed(job)
    assert upstream.post("/exitstatus", job.args).status_code == 503
    look = ["squeue", "-h", "-t", "all", "-j", job.jobid, "-o", "%T"]
    eventually(lambda: whole.run("login", look).stdout.strip(), lambda state: state == b"NODE_FAIL")
    assert upstream.listed(job)  # the controller might yet requeue it
    assert upstream.post("/exitstatus", job.args).status_code == 503
    assert upstream.listed(other)
    ledger.may_end(elsewhere)
    ends_well(upstream, ledger, elsewhere, other)
    whole.link("node1", up=True)
    soon_forgotten()
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
