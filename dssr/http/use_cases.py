"""The use cases that the API for people and the portal call: one of each for a bridge."""

from dataclasses import dataclass

from dssr.bridge import Bridge
from dssr.cluster import Cluster
from dssr.jobs import Jobs
from dssr.jobs.files import JobFiles


@dataclass(frozen=True)
class UseCases:
    """Jobs, their files, the cluster, over one bridge."""

    bridge: Bridge
    jobs: Jobs
    files: JobFiles
    cluster: Cluster

    @classmethod
    def of(cls, bridge: Bridge) -> "UseCases":
        """Those of a bridge."""
        return cls(bridge, Jobs(bridge), JobFiles(bridge), Cluster(bridge))
