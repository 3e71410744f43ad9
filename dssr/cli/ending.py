"""With which exit code a command ends that ends as the job did. Pure."""

from dssr.cli.exits import DONE, OWN_ERROR, TIME_LIMIT
from dssr.cli.printable import printable
from dssr.client.documents import JobDocument


def exit_code_of(job: JobDocument) -> int:
    """The job's exit code, 128 and its signal, 124 for its time limit; 125 where it has none."""
    if job["state"] == "COMPLETED":
        return DONE
    if job["state"] == "TIMEOUT":
        return TIME_LIMIT
    if job["signal"]:
        return 128 + job["signal"]
    return job["exit_code"] or OWN_ERROR


def sentence(job: JobDocument) -> str:
    """How the job ended."""
    code, known = job["exit_code"], job["explanation"] or ""
    is_said = f"xit code {code}:" in known  # by the explanation
    detail = f" with exit code {code}" if code and not (job["signal"] or is_said) else ""
    detail = f" by signal {job['signal']}" if job["signal"] else detail
    why = f": {job['explanation']}" if job["explanation"] else ""
    return printable(f"Job {job['id']} is {job['state']}{detail}{why}")
