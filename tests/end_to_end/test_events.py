"""/events on a real cluster: what Slurm says of a job, and why the job is in its state."""

from tests.end_to_end.service import Service, eventually

NEVER = "#!/bin/bash\n#SBATCH --begin=now+1hour\ntrue\n"
FAILS = "#!/bin/bash\nno-such-program\n"


def test_a_job_that_waits_is_explained_below_what_slurm_says(native: Service) -> None:
    """The text has Slurm's own description, an empty line, and why the job waits."""
    job = native.submit(NEVER)
    slurms, why = native.post("/events", job.args).json().rsplit("\n\n", 1)
    assert f"JobId={job.jobid}" in slurms
    assert f"Job {job.jobid} waits" in why
    assert "What to do:" in why
    native.post("/terminate", job.args)


def test_a_job_that_failed_is_explained_by_its_output(native: Service) -> None:
    """The explanation names the command that was not found, also after /exitstatus."""
    job = native.submit(FAILS)
    ended = eventually(
        lambda: native.post("/exitstatus", job.args), lambda answer: answer.status_code == 200
    )
    assert ended.json()[0] == 1
    why = native.post("/events", job.args).json().rsplit("\n\n", 1)[1]
    assert f"Job {job.jobid} failed" in why
    assert "no-such-program" in why
