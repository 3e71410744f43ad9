"""All calls of the API."""

from collections.abc import Sequence

from dssr.bridge import Bridge
from dssr.http.call import Calls
from dssr.http.v1 import docs, job_calls, openapi, output_calls, pages
from dssr.http.v1.rendering import JobRenderer
from dssr.jobs import Jobs
from dssr.settings import Settings


def all_calls(bridge: Bridge, settings: Settings) -> Sequence[Calls]:
    """The calls over this bridge."""
    jobs, renderer = Jobs(bridge), JobRenderer()
    return (
        job_calls.calls(bridge, jobs, renderer),
        output_calls.calls(jobs, settings.answer_timeout),
        openapi.calls(settings.executor),
        pages.calls(),
        docs.calls(),
    )
