"""The files that a job needs from the start: it is held until they are in its working directory."""

from collections.abc import Mapping

from dssr.errors import Conflict, DssrError, Unavailable
from dssr.http.v1.slots import caller_key
from dssr.http.v1.use_cases import UseCases
from dssr.jobs.states import state_of
from dssr.record import JobRecord
from dssr.seams import Upload


def give_files(
    use_cases: UseCases,
    job: JobRecord,
    files: Mapping[str, bytes],
    *,
    is_again: bool,
    stays_held: bool = False,
) -> None:
    """Write files to the working directory of a job that is held, by their names, and release it,
    unless its user wants it held.

    ``is_again``: the same form has been sent before. What that did is left out, so after a failure
    the same form goes on. Raises what ``JobFiles.write`` and ``Jobs.release`` raise, and says that
    the job is held.
    """
    if is_again and state_of(use_cases.jobs.find(job.id)) != "HELD":
        return  # it has them: it was released
    try:
        for name, data in files.items():
            upload = Upload(name, 0, len(data), len(data), True, caller_key())
            use_cases.files.write(job, upload, lambda data=data: data)  # type: ignore[misc]
        if not stays_held:
            use_cases.jobs.release(job)
    except DssrError as error:
        if is_again and isinstance(error, Conflict):
            return  # a double click: the other request has released it
        error.message = (
            f"Job {job.id} is submitted, and is held, because its files are not there: "
            f"{error.message}"
        )
        if not isinstance(error, Unavailable):
            error.message += " Cancel it, or upload them on its page and release it."
        raise
