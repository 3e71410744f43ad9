"""The use cases that the API for people and the portal call: one of each for a bridge."""

from dataclasses import dataclass

from dssr.bridge import Bridge
from dssr.cluster import Cluster
from dssr.http.v1.rendering import JobRenderer
from dssr.jobs import Jobs
from dssr.jobs.files import JobFiles
from dssr.services.bridge_services import BridgeServices
from dssr.watch import JobSource, Watch


@dataclass(frozen=True)
class UseCases:
    """Jobs, their files, the cluster, what happens to jobs, and services, over one bridge."""

    bridge: Bridge
    jobs: Jobs
    files: JobFiles
    cluster: Cluster
    watch: Watch
    renderer: JobRenderer
    services: BridgeServices

    @classmethod
    def of(cls, bridge: Bridge, services: BridgeServices) -> "UseCases":
        """Those of a bridge, which holds these services."""
        jobs, settings = Jobs(bridge), bridge.settings
        source = JobSource(jobs, bridge.connector)
        watch = Watch(source, settings.snapshot_age, settings.answer_timeout)
        renderer = JobRenderer(jobs.summary)
        return cls(bridge, jobs, JobFiles.of(bridge), Cluster(bridge), watch, renderer, services)
