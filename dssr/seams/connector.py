"""A connector talks to a scheduler."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from dssr.job import JobRef, JobResult, JobSpec, Output, Snapshot, Submitted
from dssr.record import JobRecord, Why
from dssr.seams.services import Way


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
        """Return when the scheduler answers, shows this bridge's jobs, and would take one.

        Whether it would take one is tried once, and again after a failure. Raises ``Unavailable``
        with the cure otherwise.
        """
        ...

    def close(self) -> None:
        """Close all connections and files; jobs go on."""
        ...


@runtime_checkable
class ExplainsJobs(Protocol):
    """A connector that can say why a job is in its state."""

    def why(self, ref: JobRef) -> Why:
        """Why the job waits, runs, or ended as it did. ``NotFound``: no such job."""
        ...


@runtime_checkable
class SummarizesJobs(Protocol):
    """A connector that can say in short why a job waits or how it failed."""

    def summary(self, job: JobRecord) -> str:
        """One sentence, from the record alone, without a command; empty where there is nothing to
        say, as of a job that runs."""
        ...


@dataclass(frozen=True, slots=True)
class JobServer:
    """Where a job's server listens, on a host of the job's allocation.

    :ivar token: a secret of this job, for its address.
    :ivar url: an address that the connector itself provides; the others are empty then.
    """

    host: str = ""
    port: int = 0
    token: str = field(default="", repr=False)
    url: str = ""


@runtime_checkable
class ServesInteractive(Protocol):
    """A connector whose jobs may serve something that a browser can open."""

    def serves_interactive(self) -> bool:
        """Whether a job that is submitted now gets an address; without one, interactive jobs are
        refused."""
        ...

    def server(self, ref: JobRef) -> JobServer | None:
        """The server of a job that runs; ``None`` while the job has none, and from its end on."""
        ...

    def screenshot(self, ref: JobRef) -> bytes:
        """The image that the job offers; empty while there is none, and from its end on."""
        ...

    def way_to_jobs(self) -> Way:
        """How the servers are reached. Raises ``SettingsError`` where the settings allow none."""
        ...
