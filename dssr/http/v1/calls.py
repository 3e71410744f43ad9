"""All calls of the API."""

from collections.abc import Sequence

from dssr.bridge import Bridge
from dssr.cluster import Cluster
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
    upload_calls,
)
from dssr.http.v1.rendering import JobRenderer
from dssr.jobs import Jobs
from dssr.jobs.files import JobFiles
from dssr.services.bridge_services import BridgeServices
from dssr.settings import Settings
from dssr.watch import JobSource, Watch


def all_calls(bridge: Bridge, settings: Settings, services: BridgeServices) -> Sequence[Calls]:
    """The calls over this bridge."""
    jobs, files = Jobs(bridge), JobFiles(bridge)
    renderer = JobRenderer(jobs.summary)
    source = JobSource(jobs, bridge.connector)
    watch = Watch(source, settings.snapshot_age, settings.answer_timeout)
    return (
        job_calls.calls(bridge, jobs, renderer, watch),
        output_calls.calls(jobs, renderer, watch, files.transfers, settings.answer_timeout),
        event_calls.calls(jobs, renderer, watch, settings.answer_timeout),
        file_calls.calls(jobs, files),
        upload_calls.calls(jobs, files),
        cluster_calls.calls(Cluster(bridge)),
        service_calls.calls(bridge, services),
        openapi.calls(settings.executor),
        pages.calls(),
        docs.calls(),
    )
