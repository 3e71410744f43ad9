"""The use cases: submit once, list, status, result, cancel, release, output. No HTTP and no SSH stands here.

A ``Bridge`` keeps nothing of its jobs: it asks its connector, and what the connector raises goes through to the caller
(``dssr.seams`` says what each method may raise, and what holds then).
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dssr.errors import BadRequest, DssrError, NotFound
from dssr.job import JobRef, JobResult, JobSpec, JobState, JobStatus, Output, Snapshot, Submitted
from dssr.seams import (
    Connector,
    DirectoryEntry,
    Executor,
    Figure,
    ListsDirectories,
    Reports,
    ServesInteractive,
)
from dssr.settings import Settings
from dssr.upstream import job_script

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submission:
    """What an upstream asks for: a job's name, number and nodes, and its script for one or several executors."""

    name: str
    number: int
    nodes: int
    scripts: Mapping[str, str] = field(repr=False)  # by the executor's name; may hold credentials
    held: bool = False
    bearer: str = field(
        default="", repr=False
    )  # a token that says for which upstream user it is; empty: none was sent


class Bridge:
    """One connector and one executor at an upstream's service. All methods may be called from many threads."""

    def __init__(
        self,
        connector: Connector,
        executor: Executor,
        settings: Settings,
        owner_of: Callable[[str], str] = lambda _bearer: "",
        executor_settings: Settings | None = None,
    ) -> None:
        """``owner_of``: a submission's bearer -> the local user whose job it is (empty: the service user's), or ``Denied``.

        ``executor_settings``: the core's and the executor's own; without them ``settings``, for an executor that has none.
        """
        self._owner_of = owner_of
        self._connector = connector
        self._executor = executor
        self._settings = settings
        self._executor_settings = executor_settings or settings

    def submit(
        self, asked: Submission, owner_known: Callable[[str], None] = lambda _owner: None
    ) -> Submitted:
        """Submit once: the same submission again gives the same answer and no second job.

        ``owner_known`` is told whose job it is as soon as that is settled, and before anything else is done. Raises ``Denied``
        (nothing was done) for a bearer that does not say so, ``BadRequest`` (likewise) for a script that says something
        impossible or is there for other executors only, and what ``Connector.submit`` raises.
        """
        owner = self._owner_of(asked.bearer)
        owner_known(owner)
        spec = replace(self._read(asked), owner=owner)
        launch = "" if spec.plain else self._executor.launch(spec, self._executor_settings)
        return self._connector.submit(spec, launch)

    def snapshot(self) -> Snapshot:
        """All jobs that the scheduler lists, and how old that is; ``running`` and ``queued`` pick from it."""
        return self._connector.snapshot()

    def result(self, ref: JobRef) -> JobResult | None:
        """How the job ended; its files are cleaned up then. ``None`` for a job that was never submitted here.

        Files that cannot be removed at the moment do not hold the answer back: it is the same next time, and so is the
        cleaning up. Raises ``NotFinal`` before the end.
        """
        result = self._connector.result(ref)
        if result is not None:
            self._clean(ref)
        return result

    def cancel(self, ref: JobRef) -> None:
        """End the job. Raises ``NotFound`` for a job that was never submitted here."""
        self._connector.cancel(ref)

    def release(self, ref: JobRef) -> None:
        """Let a held job start. Raises ``NotFound``, or ``Refused`` with the scheduler's words."""
        self._connector.release(ref)

    def describe(self, ref: JobRef) -> str:
        """What the scheduler says about the job, for a human. Raises ``NotFound``."""
        return self._connector.describe(ref)

    def output(self, ref: JobRef, lines: int) -> Output:
        """The last ``lines`` lines of the job's output. Raises ``NotFound`` while there is none."""
        return self._connector.output(ref, lines)

    def url(self, ref: JobRef) -> str:
        """Where the job's user interface is to be had; empty where there is none."""
        return self._connector.url(ref) if isinstance(self._connector, ServesInteractive) else ""

    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """A directory of the cluster: itself, its directories, its files. Raises ``NotFound`` with the reason."""
        if isinstance(self._connector, ListsDirectories):
            return self._connector.list_directory(path)
        raise NotFound(f"The connector {self._settings.connector!r} cannot show directories.")

    def figures(self) -> Sequence[Figure]:
        """What the connector reports of its work; nobody is asked for it."""
        return self._connector.figures() if isinstance(self._connector, Reports) else ()

    def ping(self) -> None:
        """Return when the scheduler answers and sees this bridge's jobs, else raise ``Unavailable`` with the cure."""
        self._connector.ping()

    def close(self) -> None:
        """Give everything back; jobs go on."""
        self._connector.close()

    def _read(self, asked: Submission) -> JobSpec:
        wanted = self._settings.executor.partition(":")[0].rpartition(".")[2]
        if wanted in asked.scripts:
            return self._spec(asked, asked.scripts[wanted])
        if len(asked.scripts) != 1:
            raise _no_script(asked.scripts, wanted)
        try:
            spec = self._spec(asked, *asked.scripts.values())
        except BadRequest as error:  # about a job's script, then: a plain one is not looked into
            raise _no_script(asked.scripts, wanted) from error
        if not spec.plain:
            raise _no_script(asked.scripts, wanted)
        return spec

    def _spec(self, asked: Submission, source: str) -> JobSpec:
        return job_script.read(
            asked.name, asked.number, asked.nodes, source, asked.held, self._settings
        )

    def _clean(self, ref: JobRef) -> None:
        try:
            self._connector.clean(ref)
        except DssrError as error:
            log.warning(
                "The files of job %s/%s/%s are still there: %s",
                ref.name,
                ref.number,
                ref.native_id,
                error.message,
            )


def running(jobs: Snapshot) -> list[JobStatus]:
    """The jobs that hold their resources; those that have lost them and that the scheduler, which still lists them, may run
    again; and those that it lists in a state that nobody can read. Left out of both lists, they would pass for ended."""
    return [
        s
        for s in jobs.values()
        if s.state.is_running or s.state.may_come_back or s.state is JobState.UNKNOWN
    ]


def queued(jobs: Snapshot) -> list[JobStatus]:
    """The jobs that wait for their resources."""
    return [s for s in jobs.values() if s.state.is_queued]


def _no_script(there: Iterable[str], wanted: str) -> BadRequest:
    names = ", ".join(repr(name[:40]) for name in list(there)[:5])
    return BadRequest(
        f"'hpc_script' holds no script for the executor {wanted!r} of this bridge, only for {names}: send one for {wanted!r}, "
        "or a plain batch script (without JOBOBJ_ lines) as the only one."
    )
