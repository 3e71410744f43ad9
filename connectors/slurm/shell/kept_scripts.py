"""The script of a job, and the batch script around it, as the job's directory has them."""

from connectors.slurm.shell.accounts import Accounts
from dssr.errors import NotFound
from dssr.record import JobRecord


def read(accounts: Accounts, job: JobRecord, which: str = "") -> bytes:
    """The script as it was submitted; ``batch``: what sbatch got. Raises ``NotFound``."""
    reply = accounts.for_job(job.ref).run_program("script", job.ref, job.ref.native_id, which)
    if reply.verdict != "script":
        raise NotFound(f"The script of job {job.id} was removed when its result was fetched.")
    return reply.rest
