"""All calls of the API."""

from collections.abc import Sequence

from dssr.http.call import Calls
from dssr.http.v1 import (
    cluster_calls,
    docs,
    event_calls,
    file_calls,
    job_calls,
    openapi,
    output_calls,
    pages,
    service_calls,
    service_file_calls,
    upload_calls,
)
from dssr.http.v1.use_cases import UseCases
from dssr.settings import Settings


def all_calls(use_cases: UseCases, settings: Settings) -> Sequence[Calls]:
    """The calls over these use cases."""
    bridge, jobs, files = use_cases.bridge, use_cases.jobs, use_cases.files
    renderer, watch = use_cases.renderer, use_cases.watch
    return (
        job_calls.calls(bridge, jobs, renderer, watch),
        output_calls.calls(jobs, renderer, watch, files.transfers, settings.answer_timeout),
        event_calls.calls(jobs, renderer, watch, settings.answer_timeout),
        file_calls.calls(jobs, files),
        upload_calls.calls(jobs, files),
        cluster_calls.calls(use_cases.cluster),
        service_calls.calls(bridge, use_cases.services),
        service_file_calls.calls(bridge, use_cases.services, files.transfers),
        openapi.calls(settings.executor),
        pages.calls(has_portal=settings.web),
        docs.calls(),
    )
