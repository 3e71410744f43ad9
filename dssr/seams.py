"""The three protocols between the floors. A plugin needs to satisfy one of them and nothing else.

A *connector* talks to a scheduler, an *executor* starts a job's command on a node, a *transport* carries commands to the
machine on which the scheduler's commands run. All of them keep within the time of ``dssr.deadline.answer_due``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Literal, Protocol, runtime_checkable

from dssr.job import JobRef, JobResult, JobSpec, Output, Snapshot, Submitted
from dssr.settings import Settings


@dataclass(frozen=True)
class Completed:
    """A command that has ended. ``returncode`` is its exit code, or minus the signal that ended it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes


class Purpose(IntEnum):
    """What a command is for, the most urgent first: where commands must wait for each other, the smaller number goes first."""

    CANCEL = 0
    SUBMIT = 1
    STATUS = 2
    OUTPUT = 3

    @property
    def repeatable(self) -> bool:
        """Whether the command only reads, so that a transport may send it again when its answer was lost."""
        return self >= Purpose.STATUS


class Transport(Protocol):
    """Carries commands to one place, which may be several machines that stand for each other."""

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
    ) -> Completed:
        """Run one command there and return how it ended, exit codes other than 0 included.

        The words of ``argv`` arrive exactly as they are (no shell sees them unquoted), ``input`` arrives byte for byte on
        the command's stdin, which is empty without it. What login shells print is in neither stream. ``timeout``: seconds for
        everything, connecting included. A command that is not ``purpose.repeatable`` is sent once at most.

        Raises ``ConnectFailed``, ``LoginRefused``, ``HostKeyRefused`` (nothing ran), ``CommandTimeout`` (it may have run, and
        may still run), ``BadRequest`` for a word with a NUL, which no command can receive.
        """
        ...

    def close(self) -> None:
        """Give everything back. Safe to call twice; afterwards ``run`` raises ``ConnectFailed``."""
        ...


class Connector(Protocol):
    """Talks to a scheduler for the bridge. Every method may raise ``TransportError`` when the scheduler is out of
    reach; it then has changed nothing, unless the method says otherwise. All methods may be called from many threads, and
    return or raise before ``answer_due``."""

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """Submit once. ``launch``: shell text, from an executor, that runs the job's command on one node.

        On return the job is the scheduler's and will be found again after a crash of the bridge. The same ``spec.token``
        again gives the same answer and no second job, until 15 minutes after its ``result`` was told. ``Conflict``: name
        and number belong to another script. ``RefusedRequest`` / ``Refused``: the scheduler said no, and nothing is left.
        ``OutcomeUnknown``, or any ``TransportError``: the job may or may not exist; the same call again is safe and tells.
        """
        ...

    def snapshot(self) -> Snapshot:
        """Every job of this bridge that the scheduler still lists, by native id. Raises ``Unavailable`` when the scheduler
        did not answer: an empty snapshot means that it answered and there are none. What this connector has done itself
        shows in its next snapshot, however old the scheduler's own word is."""
        ...

    def result(self, ref: JobRef) -> JobResult | None:
        """How the job ended, from evidence. Written down before it is returned, so that later calls repeat it.

        ``None``: no such job was ever submitted here. ``NotFinal``: it has not ended, or nothing proves yet that it has.
        """
        ...

    def cancel(self, ref: JobRef) -> None:
        """End the job, pending or running. Returns when the scheduler has taken the order; a job that has ended already
        stays as it ended. ``NotFound``: no such job was submitted here. ``CommandTimeout``: it may yet be carried out."""
        ...

    def release(self, ref: JobRef) -> None:
        """Let a held job start. ``NotFound``: no such job; ``Refused``: the scheduler's words."""
        ...

    def output(self, ref: JobRef, lines: int) -> Output:
        """The last ``lines`` lines of the job's output, as far as a byte limit allows; after ``clean``, as far as it
        was kept. ``NotFound``: none yet, or no job."""
        ...

    def describe(self, ref: JobRef) -> str:
        """All that the scheduler says about the job, as text for a human. ``NotFound``: no such job."""
        ...

    def clean(self, ref: JobRef) -> None:
        """Remove the job's output and working files. The record and the end of its output stay for the retention
        time, so ``result`` still answers. Does nothing for a job that has not been given a ``result`` yet."""
        ...

    def ping(self) -> None:
        """Return when the scheduler answers and sees this bridge's jobs, else raise ``Unavailable`` with the cure."""
        ...

    def close(self) -> None:
        """Give everything back; jobs go on."""
        ...


class Executor(Protocol):
    """What starts a job's command on a node: text in, text out, no I/O."""

    def launch(self, spec: JobSpec, settings: Settings) -> str:
        """Shell text (bash) that a connector runs once on each node of the job; its exit code is the node's.

        The text finds in its environment, exported: ``DSSR_JOB_DIR`` (the job's directory; the job script is the file
        ``script`` in it), ``DSSR_WORK_DIR`` (an existing directory, seen by all nodes, for what lasts as long as the job), the
        neutral names of the contract (``PROCESS_PROCID``, ``JOB_JOBID``, ...), what ``spec.parameters`` exports, and
        ``spec.secrets``. Raises ``BadRequest`` for a job that this executor cannot start.
        """
        ...


@runtime_checkable
class ListsDirectories(Protocol):
    """A connector that can show a directory of the cluster (the legacy API's ``/request/pvcls``)."""

    def list_directory(self, path: str) -> Sequence["DirectoryEntry"]:
        """The directory itself first, then its directories, then its files; symbolic links are left out.
        ``Denied`` when the path, its links followed, leads out of JARVICE_PVCLS_ROOTS; ``NotFound`` with the reason when
        there is nothing to show."""
        ...


@runtime_checkable
class ServesInteractive(Protocol):
    """A connector whose jobs may serve something that a browser can open."""

    def url(self, ref: JobRef) -> str:
        """The address for users, or an empty string while there is none."""
        ...


class Users(Protocol):
    """The local users of the cluster for whom a connector may act, as the operator has them set down at this moment."""

    def names(self) -> Collection[str]:
        """All of them."""
        ...

    def private_key(self, user: str) -> str:
        """The user's own private key, in any of the forms of JARVICE_SLURM_SSH_PKEY. ``Denied``: he is not one of them."""
        ...


@runtime_checkable
class ActsForUsers(Protocol):
    """A connector that does the work for a job as the local user whose job it is (``JobSpec.owner``)."""

    def act_for(self, users: Users) -> None:
        """From now on jobs have owners, and ``users`` says how to become one of them. Called once, before any job call."""
        ...


class HostKeyState(Enum):
    """What to think of a host key."""

    TRUSTED = "trusted"
    UNKNOWN = "not known"  # nothing says which key the host has
    CHANGED = "CHANGED"  # something says that it has another one
    REVOKED = "REVOKED"  # something says that it must not have this one


@dataclass(frozen=True)
class PresentedKey:
    """A host key that a host presents."""

    kind: str  # ssh-ed25519
    text: str  # the same and base64, as JARVICE_SLURM_SSH_HOST_KEY takes it
    fingerprint: str  # SHA256:...
    state: HostKeyState


@dataclass(frozen=True)
class PresentingHost:
    """A host that a connector logs in to, and the keys that it presents; ``problem``: why there are none."""

    name: str  # with its port, as the settings have it
    pattern: str  # what it is called in a file of known hosts
    keys: tuple[PresentedKey, ...]
    problem: str = ""


@runtime_checkable
class PresentsHostKeys(Protocol):
    """A connector that reaches hosts by SSH and can show their host keys."""

    def host_keys(self) -> Sequence[PresentingHost]:
        """Ask each host. No credential is sent, but to jump hosts whose key is trusted; nothing is written down."""
        ...


@dataclass(frozen=True)
class Figure:
    """One number about what a part of the bridge does. Names and kinds are those of Prometheus; a counter's ends in
    ``_total``."""

    name: str
    about: str
    value: float
    kind: Literal["counter", "gauge"] = "gauge"
    labels: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Reports(Protocol):
    """A part that has figures to show."""

    def figures(self) -> Sequence[Figure]:
        """As of now; asks nobody, and never waits."""
        ...


@dataclass(frozen=True)
class DirectoryEntry:
    """One line of a directory listing."""

    path: str  # absolute, no '/' at the end
    is_directory: bool
    size: int  # bytes
    modified: int  # seconds since the epoch
