"""The cluster for people: partitions, nodes and the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from dssr.job import JobState


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something. ``down`` are in neither of the two others."""

    total: int = 0
    free: int = 0
    busy: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition. Times are in seconds; ``None``: no limit, or none that the scheduler reports."""

    name: str
    is_default: bool
    state: str  # the scheduler's word: UP, DOWN, DRAIN, INACTIVE
    nodes: Count
    cores: Count
    memory_mb: Count
    gpus: Count
    max_walltime: int | None = None
    default_walltime: int | None = None
    max_nodes: int | None = None
    accounts: tuple[str, ...] = ()  # that may use it; empty: all


@dataclass(frozen=True, slots=True)
class Node:
    """A node. ``reason``, ``since``: why and since when (seconds since the epoch) it is not in
    use."""

    name: str
    state: str  # the scheduler's word, such as IDLE or DOWN*
    partitions: tuple[str, ...]
    cores: Count
    memory_mb: Count
    gpus: Count
    reason: str = ""
    since: float | None = None
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job in the queue, of any user, as far as the cluster shows it. Times are in seconds since
    the epoch."""

    native_id: str
    name: str
    user: str
    state: JobState
    reason: str
    partition: str
    nodes: int
    submitted: float | None
    expected_start: float | None
    priority: int | None
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """Limits of the site, and of the accounts that the bridge's user may use, by the scheduler's
    own names, such as ``MaxJobCount`` or ``GrpTRES``.

    ``accounts``: by ``ACCOUNT``, and by ``ACCOUNT/USER`` or ``ACCOUNT/USER/PARTITION`` where the
    user has limits that the account has not.
    """

    site: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClusterView:
    """A cluster at one moment. ``taken``: on the clock of ``time.monotonic``. ``notes``: a sentence
    for each thing that the scheduler did not report. ``accounting``: one sentence where the cluster
    keeps none, so that the ends of jobs are known otherwise, or where it does not answer."""

    scheduler: str  # slurm
    version: str
    host: str  # which was asked
    partitions: Sequence[Partition]
    nodes: Sequence[Node]
    queue: Sequence[QueuedJob]
    limits: ClusterLimits
    taken: float
    notes: Sequence[str] = ()
    accounting: str = ""


@runtime_checkable
class ShowsCluster(Protocol):
    """A connector that shows the cluster."""

    def cluster(self) -> ClusterView:
        """The cluster, from one shared query that is some seconds old at most. Raises
        ``Unavailable``."""
        ...
