"""What the API's responses about the cluster hold, and what they mean."""

from pydantic import Field

from dssr.http.v1.models import Aged, Model, State, Time


class Counts(Model):
    """How many there are. `down` are in neither of the two others."""

    total: int = Field(ge=0)
    free: int = Field(ge=0)
    busy: int = Field(ge=0, description="In use, or kept for a reservation.")
    down: int = Field(ge=0)


class ClusterLimits(Model):
    """Limits, by the scheduler's own names."""

    site: dict[str, str]
    accounts: dict[str, dict[str, str]] = Field(
        description="Of the accounts that the bridge's user may use, by ACCOUNT; by ACCOUNT/USER "
        "and ACCOUNT/USER/PARTITION where the user has limits that the account has not."
    )


class ClusterAbout(Aged):
    """The cluster."""

    scheduler: str
    version: str = Field(description="Of the scheduler; empty: not known.")
    reachable: bool = Field(description="Whether the cluster answered when it was last asked.")
    problem: str = Field(description="Why it did not answer; empty: it did.")
    host: str = Field(description="The host that was asked; empty: not known.")
    connector: str
    executor: str
    features: list[str] = Field(description="What the connector can do.")
    limits: ClusterLimits
    notes: list[str] = Field(description="What the scheduler did not report, a sentence each.")


class Partition(Model):
    """A partition."""

    name: str
    is_default: bool
    state: str = Field(description="The scheduler's word: UP, DOWN, DRAIN, INACTIVE.")
    nodes: Counts
    cores: Counts
    memory_mb: Counts
    gpus: Counts
    max_walltime_seconds: int | None = Field(description="null: no limit, or none is reported.")
    default_walltime_seconds: int | None
    max_nodes: int | None
    accounts: list[str] = Field(description="That may use it; empty: all.")


class Node(Model):
    """A node."""

    name: str
    state: str = Field(description="The scheduler's word, such as IDLE or DOWN+NOT_RESPONDING.")
    reason: str = Field(description="Why it is not in use, as the operator wrote it.")
    since: Time | None = Field(description="Since when it has that reason.")
    partitions: list[str]
    cores: Counts
    memory_mb: Counts
    gpus: Counts
    features: list[str] = Field(description="For a job's constraint.")


class QueuedJob(Model):
    """A job in the queue, of any user."""

    native_id: str
    name: str
    user: str
    state: State
    reason: str
    partition: str
    nodes: int
    submitted_at: Time | None
    expected_start_at: Time | None
    priority: int | None


class PartitionList(Aged):
    """A page of a list of partitions, by name."""

    items: list[Partition]
    next: str | None = Field(description="`after` of the next page; null: this is the last one.")


class NodeList(Aged):
    """A page of a list of nodes, by name."""

    items: list[Node]
    next: str | None


class Queue(Aged):
    """A page of the queue: jobs that wait come first, by priority."""

    items: list[QueuedJob]
    next: str | None
