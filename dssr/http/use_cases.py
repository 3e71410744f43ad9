"""The use cases that the API for people and the portal call: one of each for a bridge."""

from dataclasses import dataclass

from dssr.bridge import Bridge
from dssr.cluster import Cluster
from dssr.jobs import Jobs
from dssr.jobs.files import JobFiles
from dssr.watch import JobSource, Watch


@dataclass(frozen=True)
class UseCases:
    """Jobs, their files, the cluster, over one bridge; and what watches the jobs for all who
    listen."""

    bridge: Bridge
    jobs: Jobs
    files: JobFiles
    cluster: Cluster
    watch: Watch

    @classmethod
    def of(cls, bridge: Bridge) -> "UseCases":
        """Those of a bridge."""
        jobs, settings = Jobs(bridge), bridge.settings
        source = JobSource(jobs, bridge.connector)
        watch = Watch(source, settings.snapshot_age, settings.answer_timeout)
        return cls(bridge, jobs, JobFiles(bridge), Cluster(bridge), watch)
