"""The vocabulary: what a job asks for, where it is, and how it ended. Plain values, for every
scheduler."""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from dssr.errors import BadRequest

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=,-]{0,200}")  # no '%': Slurm expands it in file names
NAME_FREE_AFTER = 900  # seconds from a job's result until its name and number are free again
OUTPUT_LINES = 10_000  # the last lines of a job's output that are kept with its result
OUTPUT_BYTES = 10 << 20  # the most bytes of them that are kept: a single line may be gigabytes long

_LIMIT = re.compile(
    r"(?:(?P<d>[0-9]{1,6})-(?P<dh>[0-9]{1,7})(?::(?P<dm>[0-9]{1,9})(?::(?P<ds>[0-9]{1,9}))?)?"
    r"|(?P<h>[0-9]{1,7}):(?P<hm>[0-9]{1,9}):(?P<hs>[0-9]{1,9})"
    r"|(?P<m>[0-9]{1,9})(?::(?P<s>[0-9]{1,9}))?)"
)
_UNITS = {"d": 86400, "dh": 3600, "dm": 60, "ds": 1, "h": 3600, "hm": 60, "hs": 1, "m": 60, "s": 1}
LIMIT_FORMS = "minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS"


class JobState(StrEnum):
    """Slurm's long state names (squeue(1), JOB STATE CODES), used for every scheduler, and UNKNOWN
    where there is no evidence."""

    PENDING = "PENDING"
    CONFIGURING = "CONFIGURING"
    REQUEUED = "REQUEUED"
    REQUEUE_FED = "REQUEUE_FED"
    RESV_DEL_HOLD = "RESV_DEL_HOLD"
    SPECIAL_EXIT = "SPECIAL_EXIT"
    RUNNING = "RUNNING"
    COMPLETING = "COMPLETING"
    SUSPENDED = "SUSPENDED"
    STOPPED = "STOPPED"
    SIGNALING = "SIGNALING"
    STAGE_OUT = "STAGE_OUT"
    RESIZING = "RESIZING"
    REQUEUE_HOLD = "REQUEUE_HOLD"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMEOUT = "TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    NODE_FAIL = "NODE_FAIL"
    BOOT_FAIL = "BOOT_FAIL"
    DEADLINE = "DEADLINE"
    PREEMPTED = "PREEMPTED"
    REVOKED = "REVOKED"
    LAUNCH_FAILED = "LAUNCH_FAILED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_queued(self) -> bool:
        """Whether the job waits for its resources (the legacy API's ``/queued``)."""
        return self in _QUEUED

    @property
    def is_running(self) -> bool:
        """Whether the job holds its resources, or will again without having ended (the legacy API's
        ``/running``)."""
        return self in _RUNNING

    @property
    def is_final(self) -> bool:
        """Whether the job has ended for good."""
        return self in _FINAL


_S = JobState
_QUEUED = frozenset(
    {_S.PENDING, _S.CONFIGURING, _S.REQUEUED, _S.REQUEUE_FED, _S.RESV_DEL_HOLD, _S.SPECIAL_EXIT}
)
_RUNNING = frozenset({
    _S.RUNNING, _S.COMPLETING, _S.SUSPENDED, _S.STOPPED, _S.SIGNALING, _S.STAGE_OUT, _S.RESIZING,
    _S.REQUEUE_HOLD,
})  # fmt: skip
_FINAL = frozenset(_S) - _QUEUED - _RUNNING - {_S.UNKNOWN}


@dataclass(frozen=True, slots=True)  # there may be tens of thousands of these, and of JobStatus
class JobRef:
    """How the upstream names a job: its name and number, and the scheduler's native id (empty where
    the upstream has none)."""

    name: str
    number: int
    native_id: str = ""

    @property
    def key(self) -> str:
        """32 hexadecimal digits, a digest of name and number: safe as a file name."""
        return _digest(self.name, str(self.number))


@dataclass(frozen=True)
class JobSpec:
    """What a job asks for, read from the upstream's request and script; figures are per node unless
    they say otherwise."""

    name: str
    number: int
    # Nodes and cores are 0 in a job of the API for people that leaves them to its script's
    # directives, or else to the scheduler.
    nodes: int
    # The upstream's script as it came, without its credentials; the token is made of it.
    source: str = field(repr=False)
    script: str = field(repr=False)  # the same with the placeholder filled in
    # The script byte for byte as its user wrote it, where ``script`` is another text of it.
    original: str = field(default="", repr=False)
    plain: bool = False  # no JOBOBJ_ lines: a batch script, whose exit code is the job's
    contained: bool = False  # it had the placeholder: it starts its container by itself
    cores: int = 1
    memory_mb: int = 0  # 0: not asked for
    gpus: int = 0
    walltime: int | None = None  # seconds; None: not asked for
    licenses: str = ""
    partition: str = ""
    exclusive: bool = True
    held: bool = False
    owner: str = ""  # the local user whose job it is; empty: the service user
    interactive: bool = False
    ports: tuple[int, int] = (20000, 29999)  # from which an interactive job claims its own
    # (option, value): from sbatch_* pseudo-devices, or from a request of the API for people
    options: tuple[tuple[str, str], ...] = ()
    overlay_mb: int = 0  # 0: writable tmpfs
    image: str = ""  # docker://... or the path of a .sif on the cluster
    # Shell text that runs before the job's command: the contract's exports, without credentials.
    parameters: str = ""
    # (name, value): credentials and the job's own variables. They are never part of a command line.
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    executor: str = ""  # the name of what starts the job's command
    arguments: tuple[str, ...] = ()  # of the script
    by_exit_code: bool = False  # its exit code says how it ended, and not the success word
    per_node: bool = True  # a container runs once on each node, or else once in all
    labels: tuple[tuple[str, str], ...] = ()
    working_directory: str = ""  # on the cluster; "": the scheduler's default
    # Its files are kept as long as its record, and without a working directory it gets one of its
    # own. A job that does not is cleaned up when its result has been returned.
    keeps_files: bool = False
    idempotency: str = ""  # a digest of the caller and their key; "": the caller sent none

    @property
    def ref(self) -> JobRef:
        """The job's name and number, without a native id."""
        return JobRef(self.name, self.number)

    @property
    def submitted_script(self) -> bytes:
        """The script as it was submitted."""
        return (self.original or self.script).encode("utf-8", "surrogateescape")

    @cached_property
    def token(self) -> str:
        """32 hexadecimal digits, a digest of name, number and script: two requests with one token
        ask for one job."""
        return _digest(self.name, str(self.number), self.source)


@dataclass(frozen=True)
class Submitted:
    """A job that the scheduler has accepted."""

    native_id: str
    script: str  # the batch script as submitted, and the job script; credentials are in neither
    id: str = ""  # permanent (dssr.record); empty where the connector keeps no records
    # The same submission came before, and this is its job.
    again: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Resources:
    """What a job was given, or asks for while it waits; ``None`` and "" where that is unknown."""

    partition: str = ""
    account: str = ""
    qos: str = ""
    nodes: int | None = None
    cores: int | None = None  # of the whole job, as all that follow
    memory_mb: int | None = None
    gpus: int | None = None
    walltime: int | None = None  # seconds; None: no limit, too


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Where a job is, as the scheduler last reported. Times are in seconds since the epoch, and
    ``None`` where the scheduler names none."""

    ref: JobRef
    state: JobState
    elapsed: int = 0  # seconds
    nodes: tuple[str, ...] = ()  # host names, expanded; none while pending
    reason: str = ""  # why it waits or what went wrong, in the scheduler's words
    owner: str = ""  # the local user whose job it is, where the connector acts for users
    id: str = ""  # permanent (dssr.record); empty where the connector keeps no records
    submitted: float | None = None
    started: float | None = None
    ended: float | None = None
    expected_start: float | None = None
    resources: Resources | None = None
    is_ordered: bool = (
        False  # the bridge has ordered its end, which the scheduler does not show yet
    )


class Snapshot(dict[str, JobStatus]):
    """The jobs that a scheduler lists, by native id. ``taken``: when it was asked, on the clock of
    ``time.monotonic``."""

    def __init__(
        self, jobs: Mapping[str, JobStatus] = MappingProxyType({}), taken: float | None = None
    ) -> None:
        super().__init__(jobs)
        self.taken = time.monotonic() if taken is None else taken

    @property
    def age(self) -> float:
        """Seconds since the scheduler was asked."""
        return max(0.0, time.monotonic() - self.taken)

    def find(self, ref: JobRef) -> JobStatus | None:
        """Where the job is; ``None`` when the scheduler does not list it, or lists another one
        under that native id."""
        found = self.get(ref.native_id)
        return found if found is not None and found.ref == ref else None

    def running(self) -> list[JobStatus]:
        """The jobs that hold their resources, and those in an unknown state: a job in neither
        list would pass for ended."""
        return [s for s in self.values() if s.state.is_running or s.state is JobState.UNKNOWN]

    def queued(self) -> list[JobStatus]:
        """The jobs that wait for their resources."""
        return [status for status in self.values() if status.state.is_queued]


@dataclass(frozen=True)
class Output:
    """The end of what a job has printed."""

    data: bytes
    # Bytes left out in front though they were asked for; further lines were not asked for.
    cut: int = 0

    @classmethod
    def end(cls, size: int, data: bytes, lines: int, limit: int) -> "Output":
        """The end of an output of ``size`` bytes, of which ``lines`` lines were asked for and at
        most
        ``limit`` bytes."""
        # The last byte ends a line and begins none.
        is_short = len(data) >= limit or data.count(b"\n", 0, -1) + 1 < lines
        return cls(data, max(0, size - len(data)) if is_short else 0)


@dataclass(frozen=True)
class JobResult:
    """How a job ended, with the end of its output."""

    state: JobState
    elapsed: int  # seconds
    output: Output
    reason: str = ""  # the evidence for the state, where it is not the scheduler's own final state


def check_name(name: str) -> str:
    """Return ``name`` if it can be a job's name, else raise ``BadRequest`` with the rule."""
    if not NAME.fullmatch(name):
        raise BadRequest(
            f"'name' {name[:60]!r} cannot be a job name: use 1 to 201 of the characters A-Z a-z "
            "0-9 . _ @ + = , - and begin with a letter or digit."
        )
    return name


def time_limit(text: str) -> int | None:
    """The seconds of a time limit in one of sbatch's forms (sbatch(1), --time): ``LIMIT_FORMS``.

    ``None`` is no limit: ``UNLIMITED``, ``INFINITE``, ``-1`` and, as there, a limit of zero.
    Raises ``ValueError`` for anything else.
    """
    if text.upper() in ("UNLIMITED", "INFINITE", "-1"):
        return None
    match = _LIMIT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no time limit")
    return sum(int(part) * _UNITS[unit] for unit, part in match.groupdict().items() if part) or None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
