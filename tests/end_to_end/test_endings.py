"""Each way in which a job can end, on the real cluster: its rc, its elapsed time and its output."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Service, eventually, script

pytestmark = pytest.mark.cluster
OK = "echo JARVICE_CMD_SUCCESS"
HUNGRY = "perl -e '$x = q(a) x (1300 << 20); sleep 60'"


def seconds(elapsed: str) -> int:
    """HH:MM:SS as seconds."""
    hours, minutes, rest = elapsed.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def test_a_job_that_says_success_is_completed(native: Service) -> None:
    """A job that prints the success word ends with rc 0, its output, its elapsed time and the line
    that the upstream shows."""
    rc, elapsed, output, termination = native.end_of(
        native.submit(script(f"echo hello; sleep 2; {OK}"))
    )
    assert (rc, output) == (0, "hello\nJARVICE_CMD_SUCCESS\nJARVICE Job completed OK")
    assert termination == "<< termination state: COMPLETED -- see STDOUT for job errors >>"
    assert 2 <= seconds(elapsed) < 60


@pytest.mark.parametrize("node", [0, 1])
def test_a_node_that_fails_fails_the_job(native: Service, node: int) -> None:
    """A task that fails before the marker is printed ends the step on all nodes, and the job has
    failed."""
    body = f'echo "on $PROCESS_PROCID"; [ $PROCESS_PROCID = {node} ] && exit 7; sleep 30; {OK}'
    rc, elapsed, output, termination = native.end_of(native.submit(script(body), nodes=2))
    assert rc == 1
    assert f"on {node}" in output
    assert output.endswith("JARVICE Job failed, investigate logs")
    assert "FAILED" in termination
    assert seconds(elapsed) < 30


def test_a_cancelled_job_says_so_and_keeps_its_output(native: Service) -> None:
    """A job that /terminate cancels ends with rc -15 and the output that it had printed by then."""
    job = native.submit(script("echo begun; sleep 300"))
    native.prints(job, "begun")
    assert native.post("/terminate", job.args).json() is True
    rc, _, output, termination = native.end_of(job)
    assert rc == -15
    assert output.startswith("begun")
    assert "CANCELLED" in termination


def test_a_pending_job_can_be_cancelled(native: Service) -> None:
    """A cancelled job that never ran ends with rc -15, without elapsed time and output."""
    job = native.submit(script(OK), held=True)
    native.post("/terminate", job.args)
    rc, elapsed, output, _ = native.end_of(job)
    assert (rc, elapsed, output) == (-15, "00:00:00", "")


def test_a_held_job_waits_for_its_release(native: Service) -> None:
    """``held`` jobs stay queued until /release."""
    job = native.submit(script(OK), held=True)
    assert job.jobid in native.jobids("queued")
    assert "JobHeldUser" in native.post("/events", job.args).json()
    assert native.post("/release", job.args).json() is True
    assert native.end_of(job)[0] == 0


def test_a_job_that_runs_into_its_time_limit_says_so(native: Service, cluster: Cluster) -> None:
    """JOBOBJ_WALLTIME is Slurm's time limit; a job that reaches it has ended with TIMEOUT, rc
    -9."""
    job = native.submit(script("echo begun; sleep 300", JOBOBJ_WALLTIME="00:01:00"))
    native.prints(job, "begun")
    limit = cluster.run("login", ["squeue", "-h", "-j", job.jobid, "-o", "%l"]).stdout
    assert limit.strip() == b"1:00"  # Slurm's shortest limit
    cluster.run("login", ["scontrol", "update", f"jobid={job.jobid}", "EndTime=now+1"])
    rc, _, output, termination = native.end_of(job)
    assert rc == -9
    assert output.startswith("begun")
    assert "TIMEOUT" in termination


def test_a_job_out_of_memory_says_so(native: Service) -> None:
    """A job that Slurm ends as OUT_OF_MEMORY has rc 1, and its termination line says so."""
    rc, _, output, termination = native.end_of(
        native.submit(f"#!/bin/bash\n#SBATCH --mem=60\necho begun\n{HUNGRY}\n")
    )
    assert rc == 1
    assert output.startswith("begun")
    assert "OUT_OF_MEMORY" in termination


def test_a_step_out_of_memory_fails_the_job(native: Service) -> None:
    """A container that exceeds JOBOBJ_RAM is killed, and the job's end says OUT_OF_MEMORY although
    the batch script survives."""
    rc, _, output, termination = native.end_of(
        native.submit(script(f"echo begun; {HUNGRY}", JOBOBJ_RAM=1))
    )
    assert rc == 1
    assert output.startswith("begun")
    assert "OUT_OF_MEMORY" in termination


def test_a_job_whose_node_is_set_down_has_failed(native: Service, cluster: Cluster) -> None:
    """A job that must not be requeued has ended with rc 1 as soon as Slurm calls it NODE_FAIL."""
    devices = '["exclusive=False", "sbatch_no-requeue="]'
    job = native.submit(script("echo begun; sleep 300", JOBOBJ_DEVICES=devices))
    native.prints(job, "begun")
    (node,) = eventually(lambda: native.post("/runstatus", job.args).json()[0])
    cluster.run("login", ["scontrol", "update", f"nodename={node}", "state=down", "reason=test"])
    rc, _, output, termination = native.end_of(job)
    cluster.wait_idle()
    assert rc == 1
    assert "begun" in output
    assert "NODE_FAIL" in termination
    assert job.jobid not in native.jobids("running")


def test_a_job_that_was_never_submitted_here(native: Service) -> None:
    """The result of an unknown job is rc -9 and no output, and its status is unknown."""
    args = {"name": "stranger", "number": 1, "jobid": "424242"}
    assert native.post("/exitstatus", args).json() == [-9, "00:00:00", []]
    assert native.post("/runstatus", args).json() == [None, None, None, None]
