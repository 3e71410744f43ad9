"""The use cases: submit once, list, status, result, cancel, release, output. No HTTP, no SSH.

A ``Bridge`` keeps nothing of its jobs: it asks its connector, and the connector's errors go through
to the caller (``dssr.seams`` says what each method may raise, and what holds then).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from dssr.errors import BadRequest, DssrError, NotFound, Unavailable
from dssr.job import JobRef, JobResult, JobSpec, Output, Snapshot, Submitted
from dssr.observed import Observed
from dssr.seams import (
    Connector,
    DirectoryEntry,
    Executor,
    ExplainsJobs,
    Figure,
    JobServer,
    ListsDirectories,
    Reports,
    ServesInteractive,
)
from dssr.settings import Settings
from dssr.upstream import job_script
from dssr.upstream.syntax import Script, parse

log = logging.getLogger(__name__)

NATIVE = "native"  # under this name a plain batch script is sent, whatever executor the bridge has
_CONTRACT_EXECUTORS = (NATIVE, "singularity")  # the names of the wire contract


@dataclass(frozen=True)
class Submission:
    """A submission: a job's name, number and nodes, and its script for one or several executors."""

    name: str
    number: int
    nodes: int
    scripts: Mapping[str, str] = field(repr=False)  # by the executor's name; may hold credentials
    held: bool = False


class Doors(Protocol):
    """The addresses of interactive jobs, at this bridge's machine."""

    def url(self, ref: JobRef, server: JobServer) -> str:
        """The address that leads to a job's server; empty until it answers. Raises
        ``Unavailable``."""
        ...

    def keep(self, jobs: Snapshot) -> None:
        """Take the addresses of those jobs back that do not run any more."""
        ...


class Bridge:
    """One connector and one executor. All methods may be called from many threads."""

    def __init__(
        self,
        connector: Connector,
        executor: Executor,
        settings: Settings,
        owner_of: Callable[[str], str] = lambda _bearer: "",
        executor_settings: Settings | None = None,
        doors: "Doors | None" = None,
        owner_named: Callable[[str], str] = lambda _name: "",
    ) -> None:
        """``owner_of``: see ``owner``. ``executor_settings``: the core's and the executor's own;
        without them ``settings``, for an executor that has none of its own. ``doors``: without
        them, only a connector's own addresses are shown."""
        # The local user whose job a submission is (empty: the service user's), by its bearer: a
        # token that names the upstream user, empty when none was sent. Raises ``Denied`` for a
        # bearer that names no user.
        self.owner = owner_of
        # The same by the name of an upstream user that has been verified.
        self.owner_named = owner_named
        self.connector = connector
        self.executor = executor
        self.settings = settings
        self.executor_settings = executor_settings or settings
        self.doors = doors
        self.observed = Observed()

    def submit(self, asked: Submission, owner: str = "") -> Submitted:
        """Submit once: the same submission again gives the same response and no second job.

        ``owner``: the local user whose job it is (see ``owner``). Raises ``BadRequest`` (nothing
        was done) for a script that asks for something impossible or is for other executors only,
        and what ``Connector.submit`` raises.
        """
        executor, script = self._choose(asked.scripts)
        spec = job_script.read(
            asked.name, asked.number, asked.nodes, script, asked.held, self.settings
        )
        if spec.plain and executor != NATIVE:
            raise _plain_for(executor)
        if spec.interactive:
            self._check_interactive()
        spec = replace(spec, owner=owner)
        launch = "" if spec.plain else self.executor.launch(spec, self.executor_settings)
        return self.submit_spec(replace(spec, executor=executor), launch)

    def submit_spec(self, spec: JobSpec, launch: str) -> Submitted:
        """Submit once what has been read already. ``launch``: the text of ``spec.executor``.

        Raises what ``Connector.submit`` raises.
        """
        submitted = self.connector.submit(spec, launch)
        ref = replace(spec.ref, native_id=submitted.native_id)
        self.observed.submitted(ref, spec.owner, spec.executor, submitted.again)
        return submitted

    def snapshot(self) -> Snapshot:
        """All jobs that the scheduler lists, and how old that list is."""
        found = self.connector.snapshot()
        self.observed.listed(found)
        if self.doors:
            self.doors.keep(found)
        return found

    def result(self, ref: JobRef) -> JobResult | None:
        """How the job ended; its files are cleaned up then. ``None`` for a job that was never
        submitted here.

        Files that cannot be removed at the moment do not delay the answer: the next call gives the
        same one, and cleans up again. Raises ``NotFinal`` before the end.
        """
        result = self.connector.result(ref)
        if result is not None:
            self.observed.ended(ref, result.state, result.elapsed)
            self._clean(ref)
        return result

    def cancel(self, ref: JobRef) -> None:
        """End the job. Raises ``NotFound`` for a job that was never submitted here."""
        self.connector.cancel(ref)
        self.observed.cancelled(ref)

    def release(self, ref: JobRef) -> None:
        """Let a held job start. Raises ``NotFound``, or ``Refused`` with the scheduler's words."""
        self.connector.release(ref)
        log.info("Released: job %s/%s/%s", ref.name, ref.number, ref.native_id)

    def describe(self, ref: JobRef) -> str:
        """What the scheduler says about the job, for a human. Raises ``NotFound``."""
        text = self.connector.describe(ref)
        if not isinstance(self.connector, ExplainsJobs):
            return text
        try:
            why = self.connector.why(ref).as_text()
        except Unavailable as error:
            why = f"Why the job is in this state is not known at the moment: {error.message}"
        return f"{text.rstrip()}\n\n{why}"

    def output(self, ref: JobRef, lines: int) -> Output:
        """The last ``lines`` lines of the job's output. Raises ``NotFound`` while there is none."""
        return self.connector.output(ref, lines)

    def url(self, ref: JobRef) -> str:
        """The address of the job's user interface; empty until its server answers, where there is
        none, and from the job's end on."""
        if not isinstance(self.connector, ServesInteractive):
            return ""
        server = self.connector.server(ref)
        if server is None or server.url or self.doors is None:
            return server.url if server else ""
        return self.doors.url(ref, server)

    def screenshot(self, ref: JobRef) -> bytes:
        """The image that the job offers; empty where there is none."""
        connector = self.connector
        return connector.screenshot(ref) if isinstance(connector, ServesInteractive) else b""

    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """A directory of the cluster: itself, its directories, its files. Raises ``NotFound`` with
        the reason."""
        if isinstance(self.connector, ListsDirectories):
            return self.connector.list_directory(path)
        raise NotFound(f"The connector {self.settings.connector!r} cannot show directories.")

    def figures(self) -> Sequence[Figure]:
        """What is known of the jobs, and what the connector reports of its work; the scheduler is
        not asked for it."""
        own = self.connector.figures() if isinstance(self.connector, Reports) else ()
        return [*self.observed.figures(), *own]

    def ping(self) -> None:
        """Return when the scheduler answers, shows this bridge's jobs and would take one, else
        raise ``Unavailable`` with the cure."""
        self.connector.ping()

    def close(self) -> None:
        """Close all connections; jobs go on."""
        self.connector.close()

    def _choose(self, scripts: Mapping[str, str]) -> tuple[str, Script]:
        """The executor's name and the script: the one for this bridge's executor, else the one that
        may be plain. Raises ``BadRequest`` where there is neither."""
        wanted = self.settings.executor.partition(":")[0].rpartition(".")[2]
        if wanted in scripts:
            return wanted, parse(scripts[wanted])
        for name in (name for name in _CONTRACT_EXECUTORS if name in scripts):
            script = parse(scripts[name])
            if not script.fields.describe_a_job:
                if name != NATIVE:
                    raise _plain_for(name)
                return name, script
        raise _no_script(scripts, wanted)

    def _check_interactive(self) -> None:
        """Raise ``BadRequest`` where interactive jobs are not served."""
        connector = self.connector
        if not (isinstance(connector, ServesInteractive) and connector.serves_interactive()):
            raise BadRequest(
                "interactive jobs are not supported on this cluster: write "
                "JOBOBJ_INTERACTIVE=False in the job script if the job needs no user at a screen."
            )

    def _clean(self, ref: JobRef) -> None:
        try:
            self.connector.clean(ref)
        except DssrError as error:
            log.warning(
                "The files of job %s/%s/%s are still there: %s",
                *(ref.name, ref.number, ref.native_id, error.message),
            )


def _plain_for(name: str) -> BadRequest:
    return BadRequest(
        f"'hpc_script' for {name[:40]!r} is a plain batch script, which names no image (it has no "
        f"JOBOBJ_ lines): send it under the name {NATIVE!r}, which runs it."
    )


def _no_script(scripts: Mapping[str, str], wanted: str) -> BadRequest:
    unknown = [repr(name[:40]) for name in scripts if name not in _CONTRACT_EXECUTORS][:5]
    names = ", ".join(repr(name[:40]) for name in list(scripts)[:5])
    none = f" (no executor has the name {' or '.join(unknown)})" if unknown else ""
    return BadRequest(
        f"'hpc_script' holds no script for the executor {wanted!r} of this bridge, only for "
        f"{names}{none}: send one for {wanted!r}, or a plain batch script (without JOBOBJ_ lines) "
        f"under the name {NATIVE!r}."
    )
