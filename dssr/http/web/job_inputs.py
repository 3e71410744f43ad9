"""Jobs that need files: submitted, and released once the files are in their working directory."""

from collections.abc import Mapping
from dataclasses import replace

from dssr.errors import Conflict, DssrError, Unavailable
from dssr.http.v1.slots import caller_key
from dssr.http.v1.use_cases import UseCases
from dssr.jobs.request import JobRequest, Origin
from dssr.jobs.states import state_of
from dssr.record import JobRecord
from dssr.seams import Upload


def submit_with_files(
    use_cases: UseCases, asked: JobRequest, origin: Origin, files: Mapping[str, bytes]
) -> JobRecord:
    """Submit once, with these files by their names; returns the job.

    The job is held until it has them, so it never runs without. Where that fails, the same request
    goes on from there; the error says that the job is held. Raises what ``Jobs.submit`` and
    ``JobFiles.write`` raise.
    """
    jobs = use_cases.jobs
    if not files:
        return jobs.submit(asked, origin)[0]
    job, is_again = jobs.submit(replace(asked, held=True), origin)
    if is_again and state_of(job) != "HELD":
        return job  # it has them: it was released
    try:
        for name, data in files.items():
            _write(use_cases, job, name, data)
        return jobs.release(job)
    except DssrError as error:
        if is_again and isinstance(error, Conflict):
            return job  # a double click: the other request has released it
        words = f"Job {job.id} is submitted, and is held, because its files are not there: "
        error.message = f"{words}{error.message}"
        if not isinstance(error, Unavailable):
            error.message += " Cancel it, or upload them on its page and release it."
        raise


def _write(use_cases: UseCases, job: JobRecord, name: str, data: bytes) -> None:
    upload = Upload(name, 0, len(data), len(data), True, caller_key())
    use_cases.files.write(job, upload, lambda: data)
