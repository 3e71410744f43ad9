"""The three protocols between the layers. A plugin satisfies one of them and needs nothing else.

A *connector* talks to a scheduler, an *executor* starts a job's command on a node, a *transport*
carries commands to the machine on which the scheduler's commands run. All of them keep within the
time of ``dssr.deadline.answer_due``.

A connector's class is made with its settings (``plugin(settings)``), an executor's without
arguments. Either class may name the class of its settings, derived from ``dssr.settings.Settings``
(``settings_class``); a connector may name the executor that jobs get where none is set
(``default_executor``). A package offers a plugin by an entry point in the group
``dssr.connectors`` or ``dssr.executors``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Literal, Protocol, runtime_checkable

from dssr.job import JobRef, JobResult, JobSpec, Output, Snapshot, Submitted, Why
from dssr.settings import Settings


@dataclass(frozen=True)
class Completed:
    """An ended command. ``returncode``: its exit code, or minus the signal that ended it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes


class Purpose(IntEnum):
    """What a command is for. Where commands wait for each other, the smallest number goes first."""

    CANCEL = 0
    SUBMIT = 1
    STATUS = 2
    OUTPUT = 3


# Commands that only read: they may be sent again after a lost answer.
REPEATABLE = frozenset({Purpose.STATUS, Purpose.OUTPUT})


class Transport(Protocol):
    """Carries commands to one place, which may be several machines with the same commands."""

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
    ) -> Completed:
        """Run one command there and return how it ended, exit codes other than 0 included.

        The words of ``argv`` arrive exactly as they are (no shell sees them unquoted). ``input``
        arrives byte for byte on the command's stdin, which is empty without it. What login shells
        print is in neither stream. ``timeout``: seconds for everything, connecting included. A
        command whose purpose is not ``REPEATABLE`` is sent once at most.

        Raises ``ConnectFailed``, ``LoginRefused``, ``HostKeyRefused`` (nothing ran),
        ``CommandTimeout`` (it may have run, and may still run), ``BadRequest`` for a word with a
        NUL, which no command can receive.
        """
        ...

    def close(self) -> None:
        """Close all connections. May be called twice; ``run`` raises ``ConnectFailed`` then."""
        ...


class Connector(Protocol):
    """Talks to a scheduler for the bridge.

    Every method may raise ``TransportError`` when the scheduler is out of reach; it then has
    changed nothing, unless the method says otherwise. All methods may be called from many threads,
    and return or raise before ``answer_due``.
    """

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """Submit once.

        ``launch``: shell text, from an executor, that runs the job's command on one node. On return
        the scheduler has the job, and the bridge finds it again after a crash. The same
        ``spec.token`` again gives the same answer and no second job, until 15 minutes after its
        ``result`` was returned.

        ``Conflict``: name and number belong to another script. ``RefusedRequest`` / ``Refused``:
        the scheduler refused, and nothing is left. ``OutcomeUnknown``, or any ``TransportError``:
        the job may or may not exist; the same call again is safe and settles it.
        """
        ...

    def snapshot(self) -> Snapshot:
        """Every job of this bridge that the scheduler still lists, by native id.

        Raises ``Unavailable`` when the scheduler did not answer: an empty snapshot means that it
        answered and there are none. What this connector has done itself is in its next snapshot,
        however old the scheduler's last answer is.
        """
        ...

    def result(self, ref: JobRef) -> JobResult | None:
        """How the job ended, from evidence. It is recorded first, so that later calls repeat it.

        ``None``: no such job was ever submitted here. ``NotFinal``: it has not ended, or nothing
        proves yet that it has.
        """
        ...

    def cancel(self, ref: JobRef) -> None:
        """Cancel the job, pending or running. Returns when the scheduler has taken the order.

        A job that has ended already stays as it ended. ``NotFound``: no such job was submitted
        here. ``CommandTimeout``: it may yet be carried out.
        """
        ...

    def release(self, ref: JobRef) -> None:
        """Let a held job start. ``NotFound``: no such job. ``Refused``: the scheduler's words."""
        ...

    def output(self, ref: JobRef, lines: int) -> Output:
        """The last ``lines`` lines of the job's output, as far as a byte limit allows.

        After ``clean``, they are those that were kept. ``NotFound``: no output yet, or no job.
        """
        ...

    def describe(self, ref: JobRef) -> str:
        """All that the scheduler says about the job, as text for people. ``NotFound``: no job."""
        ...

    def clean(self, ref: JobRef) -> None:
        """Remove the job's output and working files.

        The record and the end of its output stay for the retention time, so ``result`` still
        answers. Does nothing for a job whose ``result`` has not been returned yet.
        """
        ...

    def ping(self) -> None:
        """Return when the scheduler answers and shows this bridge's jobs.

        Raises ``Unavailable`` with the cure otherwise.
        """
        ...

    def close(self) -> None:
        """Close all connections and files; jobs go on."""
        ...


class Executor(Protocol):
    """What starts a job's command on a node: text in, text out, no I/O."""

    def launch(self, spec: JobSpec, settings: Settings) -> str:
        """Shell text (bash) that a connector runs once on each node of the job.

        ``settings``: an instance of the executor's ``settings_class``. The text's exit code is the
        node's. It finds in its environment, exported: ``DSSR_JOB_DIR`` (the job's directory; the
        job script is the file ``script`` in it), ``DSSR_WORK_DIR`` (an existing directory on all
        nodes, for what lasts as long as the job), the contract's names that know no scheduler
        (``PROCESS_PROCID``, ``JOB_JOBID``, ...), what ``spec.parameters`` exports, and
        ``spec.secrets``. Raises ``BadRequest`` for a job that this executor cannot start.
        """
        ...


@runtime_checkable
class ListsDirectories(Protocol):
    """A connector that can list a directory of the cluster (``/request/pvcls``)."""

    def list_directory(self, path: str) -> Sequence["DirectoryEntry"]:
        """The directory itself first, then its directories, then its files.

        Symbolic links are left out. ``Denied``: the path, its links followed, leads out of
        JARVICE_PVCLS_ROOTS. ``NotFound``: there is nothing to list, with the reason.
        """
        ...


@runtime_checkable
class ExplainsJobs(Protocol):
    """A connector that can say why a job is in its state."""

    def why(self, ref: JobRef) -> Why:
        """Why the job waits, runs, or ended as it did. ``NotFound``: no such job."""
        ...


@runtime_checkable
class ServesInteractive(Protocol):
    """A connector whose jobs may serve something that a browser can open."""

    def serves_interactive(self) -> bool:
        """Whether a job that is submitted now gets an address; without one, interactive jobs are
        refused."""
        ...

    def url(self, ref: JobRef) -> str:
        """The address for users, or an empty string while there is none."""
        ...


class Users(Protocol):
    """The local users for whom a connector may act, as the operator's files have them now."""

    def names(self) -> Collection[str]:
        """All of them."""
        ...

    def private_key(self, user: str) -> str:
        """The user's own private key, in any of the forms of JARVICE_SLURM_SSH_PKEY.

        ``Denied``: the user is not one of them.
        """
        ...


@runtime_checkable
class ActsForUsers(Protocol):
    """A connector that acts for a job as the local user who owns it (``JobSpec.owner``)."""

    def act_for(self, users: Users) -> None:
        """Jobs have owners, and ``users`` has their keys. Called once, before any job call."""
        ...


class HostKeyState(Enum):
    """How a host key compares with those that are trusted."""

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
    """A host that a connector logs in to, with its keys. ``problem``: why there are none."""

    name: str  # with its port, as the settings have it
    pattern: str  # what it is called in a file of known hosts
    keys: tuple[PresentedKey, ...]
    problem: str = ""


@runtime_checkable
class PresentsHostKeys(Protocol):
    """A connector that reaches hosts by SSH and can show their host keys."""

    def host_keys(self) -> Sequence[PresentingHost]:
        """Ask each host, record nothing. Credentials only go to trusted jump hosts."""
        ...


@dataclass(frozen=True)
class Figure:
    """One number, named as Prometheus names it: a counter's name ends in ``_total``."""

    name: str
    about: str
    value: float
    kind: Literal["counter", "gauge"] = "gauge"
    labels: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Reports(Protocol):
    """A part that has figures."""

    def figures(self) -> Sequence[Figure]:
        """The figures of this moment. It sends no command, and never waits."""
        ...


@dataclass(frozen=True)
class DirectoryEntry:
    """One line of a directory listing."""

    path: str  # absolute, no '/' at the end
    is_directory: bool
    size: int  # bytes
    modified: int  # seconds since the epoch
