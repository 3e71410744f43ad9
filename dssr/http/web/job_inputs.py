"""The files that a job needs from the start: it is held until they are in its working directory."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from dssr.errors import Conflict, DssrError, Unavailable
from dssr.http.v1.slots import caller_key
from dssr.http.v1.use_cases import UseCases
from dssr.jobs.request import JobRequest
from dssr.jobs.states import state_of
from dssr.record import JobRecord
from dssr.seams import Upload

_HOLDS = re.compile(r"^#SBATCH\s(?:.*\s)?(?:--hold|-H)(?=\s|$)", re.MULTILINE)


def with_files(asked: JobRequest, files: Mapping[str, bytes]) -> JobRequest:
    """The request for a job that gets these files, by their names. With other files it is another
    request."""
    if not files:
        return asked
    digests = (f"{name} {hashlib.sha256(data).hexdigest()}" for name, data in files.items())
    return replace(asked, held=True, inputs=tuple(digests))


def is_held(script: str) -> bool:
    """Whether a script asks to be held."""
    return _HOLDS.search(script) is not None


def give_files(
    use_cases: UseCases,
    job: JobRecord,
    asked: JobRequest,
    files: Mapping[str, bytes],
    *,
    is_again: bool,
) -> None:
    """Write files to the working directory of a job that is held, by their names, and release it,
    unless its user wants it held.

    ``asked``: what its user asks for, without the files. ``is_again``: the same form has been sent
    before. What that did is left out, so after a failure the same form goes on. Raises what
    ``JobFiles.write`` and ``Jobs.release`` raise, and says that the job is held.
    """
    if is_again and state_of(use_cases.jobs.find(job.id)) != "HELD":
        return  # it has them: it was released
    try:
        for name, data in files.items():
            upload = Upload(name, 0, len(data), len(data), True, caller_key())
            use_cases.files.write(job, upload, lambda data=data: data)  # type: ignore[misc]
        if not (asked.held or is_held(asked.script)):
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
