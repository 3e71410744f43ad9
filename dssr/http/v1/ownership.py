"""The jobs that a request may change, and whose files, script and output it may read."""

from collections.abc import Callable

from flask import request

from dssr.errors import NotFound
from dssr.http.v1 import api
from dssr.jobs import Jobs
from dssr.record import JobRecord


def find_own(jobs: Jobs, id: str) -> JobRecord:
    """The job. Where jobs have owners, it must be that of the user whom ``Dssr-User-Token`` names.

    Raises ``NotFound`` for another user's job, ``Denied`` without such a token, and what
    ``Jobs.find`` raises.
    """
    return own(jobs, id, jobs.find)


def locate_own(jobs: Jobs, id: str) -> JobRecord:
    """The same for what is kept of the job: see ``Jobs.locate``."""
    return own(jobs, id, jobs.locate)


def own(jobs: Jobs, id: str, find: Callable[[str], JobRecord]) -> JobRecord:
    """The same for a job that another function finds."""
    owner = jobs.bridge.owner(request.headers.get(api.USER_TOKEN.name, ""))
    job = find(id)
    if owner and job.owner != owner:
        raise NotFound(
            f"{owner!r}, whom {api.USER_TOKEN.name!r} names, has no job {id[:100]!r}: only its "
            "owner reads its files, script and output, asks why, and cancels, holds or releases it."
        )
    return job
