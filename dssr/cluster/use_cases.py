"""What the cluster is, and what of it is free. Asked of the bridge's connector."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dssr.bridge import Bridge
from dssr.errors import NotFound, Unavailable
from dssr.seams import (
    ChecksJobs,
    ClusterLimits,
    ClusterView,
    ExplainsJobs,
    HoldsJobs,
    KeepsRecords,
    ListsDirectories,
    ReadsOutput,
    RunsServices,
    ServesFiles,
    ServesInteractive,
    ShowsCluster,
)

# What a connector may be able to do, by the name that people see.
FEATURES = {
    "records": KeepsRecords,
    "check": ChecksJobs,
    "hold": HoldsJobs,
    "why": ExplainsJobs,
    "output": ReadsOutput,
    "files": ServesFiles,
    "directories": ListsDirectories,
    "cluster": ShowsCluster,
    "services": RunsServices,
}


@dataclass(frozen=True)
class About:
    """``problem``: why the cluster does not answer; empty: it does. ``taken``: when it was asked,
    on the clock of ``time.monotonic``."""

    scheduler: str
    version: str  # empty where it is not known
    host: str  # which was asked; empty where it is not known
    connector: str
    executor: str
    features: Sequence[str]
    limits: ClusterLimits
    notes: Sequence[str]
    problem: str
    taken: float


class Cluster:
    """The cluster of a bridge. All methods may be called from many threads."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge, self._connector = bridge, bridge.connector
        self._last: ClusterView | None = None

    def about(self) -> About:
        """What the cluster is, also where it does not answer."""
        name, empty = self._bridge.settings.connector, ClusterLimits()
        now = time.monotonic()
        view, problem = ClusterView(name, "", "", (), (), (), empty, now), ""
        try:
            if isinstance(self._connector, ShowsCluster):
                view = self.view()
            else:
                taken = self._connector.snapshot().taken
                view = ClusterView(name, "", "", (), (), (), empty, taken)
        except Unavailable as error:
            problem = error.message
        return About(
            scheduler=view.scheduler,
            version=view.version,
            host=view.host,
            connector=name,
            executor=self._bridge.settings.executor,
            features=self._features(),
            limits=view.limits,
            notes=view.notes,
            problem=problem,
            taken=view.taken,
        )

    def view(self) -> ClusterView:
        """Partitions, nodes and queue. Raises ``NotFound`` where the connector shows none."""
        if isinstance(self._connector, ShowsCluster):
            self._last = self._connector.cluster()
            return self._last
        raise NotFound(
            f"The connector {self._bridge.settings.connector!r} does not show its cluster: the "
            "member 'features' of GET /api/v1/cluster says what it can do."
        )

    def last_view(self) -> ClusterView | None:
        """The same as it was last seen, for where the cluster does not answer; ``None``: it never
        was."""
        return self._last

    def _features(self) -> Sequence[str]:
        connector = self._connector
        found = [name for name, ability in FEATURES.items() if isinstance(connector, ability)]
        if isinstance(connector, ServesInteractive) and connector.serves_interactive():
            found.append("interactive")
        return found
