"""The jobs that a request may change, and whose files, script and output it may read."""

from collections.abc import Callable

from flask import request

from dssr.access.provider_users import OIDC
from dssr.bridge import Bridge
from dssr.errors import NotFound
from dssr.http.request import current
from dssr.http.v1 import api
from dssr.jobs import Jobs
from dssr.record import JobRecord


def owner(bridge: Bridge) -> str:
    """The local user for whom the request is: who has logged in to the portal by a provider, else
    whom ``Dssr-User-Token`` names; empty: the service user. Raises what ``Bridge.owner`` raises."""
    session = current().session
    if session and session.caller.by == OIDC:
        return bridge.owner_named(session.caller.name)
    return bridge.owner(request.headers.get(api.USER_TOKEN.name, ""))


def user_logged_in(bridge: Bridge) -> str:
    """The local user of who has logged in to the portal by a provider; empty: the service user, or
    no user is known."""
    session = current().session
    return owner(bridge) if session and session.caller.by == OIDC else ""


def find_own(jobs: Jobs, id: str) -> JobRecord:
    """The job. Where jobs have owners, it must be that of the user for whom the request is.

    Raises ``NotFound`` for another user's job, ``Denied`` where no user is named, and what
    ``Jobs.find`` raises.
    """
    return own(jobs, id, jobs.find)


def locate_own(jobs: Jobs, id: str) -> JobRecord:
    """The same for what is kept of the job: see ``Jobs.locate``."""
    return own(jobs, id, jobs.locate)


def own(jobs: Jobs, id: str, find: Callable[[str], JobRecord]) -> JobRecord:
    """The same for a job that another function finds."""
    user = owner(jobs.bridge)
    job = find(id)
    if user and job.owner != user:
        raise NotFound(
            f"The user {user!r}, for whom this is asked, has no job {id[:100]!r}: only its "
            "owner reads its files, script and output, asks why, and cancels, holds or releases it."
        )
    return job
