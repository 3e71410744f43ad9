"""The jobs whose files, script and output a request may use."""

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
    owner = jobs.bridge.owner(request.headers.get(api.USER_TOKEN.name, ""))
    job = jobs.find(id)
    if owner and job.owner != owner:
        raise NotFound(
            f"{owner!r}, whom {api.USER_TOKEN.name!r} names, has no job {id[:100]!r}: its files, "
            "script and output are for its owner alone."
        )
    return job
