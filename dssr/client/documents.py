"""What the API's responses hold, for type checkers. At run time each is a ``dict``, as the API
sends it; the handbook's page "API for people" says what the members mean."""

from typing import TypedDict


class Aged(TypedDict):
    """What shows the state of the cluster says how old it is."""

    as_of: str
    age_seconds: float


class JobDocument(Aged):
    """A job."""

    id: str
    native_id: str
    name: str
    number: int
    user: str
    executor: str
    image: str
    script_sha256: str
    state: str
    is_final: bool
    reason: str
    explanation: str
    submitted_at: str | None
    started_at: str | None
    ended_at: str | None
    expected_start_at: str | None
    elapsed_seconds: int
    walltime_seconds: int | None
    nodes: list[str]
    node_count: int | None
    cores: int | None
    memory_mb: int | None
    gpus: int | None
    cpu_seconds: float | None
    memory_used_mb: int | None
    partition: str
    account: str
    qos: str
    exit_code: int | None
    signal: int | None
    working_directory: str
    output_bytes: int | None
    held: bool
    labels: dict[str, str]
    evidence: list[str]


class Explanation(TypedDict):
    """Why a job is in its state."""

    summary: str
    because: list[str]
    cure: list[str]
    expected_start_at: str | None
    evidence: list[str]


class CheckedJob(TypedDict):
    """What a submission would send."""

    batch_script: str
    options: list[str]
    warnings: list[str]
    refusal: str
    expected_start_at: str | None


class JobEvent(TypedDict):
    """A job has another state. ``id``: of a final one; ``events(after=...)`` takes it."""

    id: str | None
    job: JobDocument
    before: str | None


class File(TypedDict):
    """A file or a directory of a job."""

    path: str
    is_directory: bool
    size_bytes: int
    modified_at: str


class Counts(TypedDict):
    """How many there are."""

    total: int
    free: int
    busy: int
    down: int


class ClusterLimits(TypedDict):
    """Limits, by the scheduler's own names."""

    site: dict[str, str]
    accounts: dict[str, dict[str, str]]


class ClusterAbout(Aged):
    """The cluster."""

    scheduler: str
    version: str
    reachable: bool
    problem: str
    host: str
    connector: str
    executor: str
    features: list[str]
    limits: ClusterLimits
    notes: list[str]


class Partition(TypedDict):
    """A partition."""

    name: str
    is_default: bool
    state: str
    nodes: Counts
    cores: Counts
    memory_mb: Counts
    gpus: Counts
    max_walltime_seconds: int | None
    default_walltime_seconds: int | None
    max_nodes: int | None
    accounts: list[str]


class Node(TypedDict):
    """A node."""

    name: str
    state: str
    reason: str
    since: str | None
    partitions: list[str]
    cores: Counts
    memory_mb: Counts
    gpus: Counts
    features: list[str]


class QueuedJob(TypedDict):
    """A job in the queue, of any user."""

    native_id: str
    name: str
    user: str
    state: str
    reason: str
    partition: str
    nodes: int
    submitted_at: str | None
    expected_start_at: str | None
    priority: int | None
