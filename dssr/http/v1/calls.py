"""All calls of the API."""

from collections.abc import Sequence

from dssr.bridge import Bridge
from dssr.http.call import Calls
from dssr.http.v1 import (
    docs,
    file_calls,
    job_calls,
    openapi,
    output_calls,
    pages,
    upload_calls,
)
from dssr.http.v1.rendering import JobRenderer
from dssr.jobs import Jobs
from dssr.jobs.files import JobFiles
from dssr.settings import Settings


def all_calls(bridge: Bridge, settings: Settings) -> Sequence[Calls]:
    """The calls over this bridge."""
    jobs, files, renderer = Jobs(bridge), JobFiles(bridge), JobRenderer()
    return (
        job_calls.calls(bridge, jobs, renderer),
        output_calls.calls(jobs, settings.answer_timeout),
        file_calls.calls(jobs, files),
        upload_calls.calls(jobs, files),
        openapi.calls(settings.executor),
        pages.calls(),
        docs.calls(),
    )
