"""The embedded default: real processes of this machine under the full contract of a connector.
Linux, no root.

Cores are counted and time limits enforced. Jobs go on when the bridge dies; the next bridge finds
them, or another one: a state directory may be shared by any number of bridges of one machine.
Nothing that a bridge must know is in its memory.

What a cluster has and one machine has not is refused (``connectors.local.options``). An upstream
job's ``exclusive`` has no effect, and a memory limit is not enforced. A job with ``--begin`` is
started by a bridge that has been called since its own start. Jobs run as the bridge's own user and
see that user's files and processes, those of the bridge among them.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from connectors.local import files, options, processes, submission, tail, trial, working_directory
from connectors.local.abilities import LocalAbilities
from connectors.local.describe import described, status_of
from connectors.local.examination import CHECKS, examine
from connectors.local.folder import Folder, Record
from connectors.local.interactive import ServesLocalJobs
from connectors.local.settings import LocalSettings
from connectors.local.site import Site, os_errors_are_unavailable
from connectors.local.why import explain
from connectors.shared import directives, directories
from connectors.shared.job_files import JobDirectory, ServesJobFiles
from connectors.shared.proof import Proof
from connectors.transports.local import LocalTransport
from dssr.errors import (
    NotFinal,
    NotFound,
    Refused,
    RefusedRequest,
    key_taken,
    number_taken,
    waits_no_more,
)
from dssr.job import JobRef, JobResult, JobSpec, Output, Snapshot, Submitted
from dssr.record import Checked, Why
from dssr.seams import Completed, DirectoryEntry, Finding, Purpose, Sink

_SEARCHED_LINES = 200  # at the end of the output, for the cause of a failure


class LocalConnector(LocalAbilities, ServesLocalJobs, ServesJobFiles):
    """One state directory and this machine's cores. ``clock``: seconds since the epoch, for all
    that takes hours."""

    settings_class = LocalSettings
    default_executor = "native"
    checks = CHECKS

    def __init__(self, settings: LocalSettings, clock: Callable[[], float] = time.time) -> None:
        """Raises ``SettingsError`` on a system that does not show a job's processes."""
        processes.check_system()
        super().__init__(Site(settings, clock), settings.snapshot_age)
        self._store = self._site.store
        self._clock = clock
        self._transport = LocalTransport()
        self._settings = settings
        self._proof = Proof()
        self._roots = [root or str(Path.home()) for root in directories.roots(settings)]

    def examine(self, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        return examine(self._settings, LocalConnector, with_jobs)

    @os_errors_are_unavailable
    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``; the job is in the queue, or has been started."""
        with self._proof.doubted_after(OSError), self._site.changing():
            if (folder := self._earlier(spec)) is not None:
                return Submitted(
                    folder.native_id, folder.submitted(), again=True, id=folder.native_id
                )
            now = self._clock()
            asked = options.asked(spec, self._site.machine, now)
            folder = submission.submit(self._store, spec, asked, launch, self._site.places, now)
            self._site.advance()
        self._list.changed()
        return Submitted(folder.native_id, folder.submitted(), id=folder.native_id)

    @os_errors_are_unavailable
    def check(self, spec: JobSpec, launch: str) -> Checked:
        """See ``dssr.seams.ChecksJobs``."""
        now, machine = self._clock(), self._site.machine
        try:
            asked = options.asked(spec, machine, now)
            if not spec.working_directory:
                working_directory.named(spec, asked, self._site.places.start)
        except RefusedRequest as error:
            return Checked(spec.script, (), (error.message,))
        starts_now = asked.cores <= self.cluster().nodes[0].cores.free and not asked.held
        start = asked.begin or (now if starts_now else None)
        text = submission.preview(spec, asked, launch, self._site.places)
        notice = directives.output_notice(asked.options, "the bridge's own file")
        return Checked(text, asked.effective, (notice,) if notice else (), start)

    @os_errors_are_unavailable
    def snapshot(self) -> Snapshot:
        """Every job that has not ended."""
        with self._site.changing():
            self._site.advance()
            folders = self._store.active()
        seen = ((folder, folder.job()) for folder in folders)
        statuses = {
            folder.native_id: status_of(folder, job, self._clock()) for folder, job in seen if job
        }
        return Snapshot(
            {
                native_id: status
                for native_id, status in statuses.items()
                if not status.state.is_final
            }
        )

    @os_errors_are_unavailable
    def result(self, ref: JobRef) -> JobResult | None:
        """See ``dssr.seams.Connector``. Of the output at most ``OUTPUT_LINES`` and ``OUTPUT_BYTES``
        are read and returned."""
        folder = self._store.find(ref)
        if folder is None or (job := folder.job()) is None:
            return None
        record = self._settled(folder)
        if record is None:
            state = status_of(folder, job, self._clock()).state
            raise NotFinal(
                f"Job {folder.native_id} ({ref.name} {ref.number}) has not ended: it is {state}."
            )
        with (
            self._site.changing()
        ):  # the first call reads the output before another one cleans it away
            output = folder.kept_output() or folder.keep_output(Path(job.output))
        return JobResult(record.state, record.elapsed, output, record.reason)

    @os_errors_are_unavailable
    def cancel(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``. A pending job is CANCELLED on return; a running one has 5 s
        from SIGTERM to SIGKILL."""
        folder, _ = self._site.find(ref)
        with self._site.changing():
            if folder.record() is None:
                folder.order_cancel()
                self._site.advance()
        self._list.changed()

    @os_errors_are_unavailable
    def release(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``; ``Refused`` for a job that has started."""
        folder, _ = self._site.find(ref)
        with self._site.changing():
            if folder.started() is not None or folder.record() is not None:
                raise Refused(f"Job {folder.native_id} is no longer pending execution.")
            folder.release()
            self._site.advance()
        self._list.changed()

    @os_errors_are_unavailable
    def hold(self, ref: JobRef) -> None:
        """See ``dssr.seams.HoldsJobs``."""
        folder, _ = self._site.find(ref)
        with self._site.changing():
            # The supervisor has the lock from before the job's start until after its end.
            lock = files.try_lock(folder.alive)
            if lock is not None:
                os.close(lock)
            if lock is None or folder.started() is not None or folder.record() is not None:
                raise waits_no_more(folder.native_id)
            folder.hold()
        self._list.changed()

    @os_errors_are_unavailable
    def output(self, ref: JobRef, lines: int) -> Output:
        """See ``dssr.seams.Connector``; at most ``OUTPUT_BYTES``."""
        folder, job = self._site.find(ref)
        # Kept output first: after cleaning, the file of that name may be another job's.
        kept = None if job.about.keeps_files else folder.kept_output(lines)
        try:
            if kept is None and folder.started() is not None:
                return tail.last_lines(Path(job.output), lines)
        except FileNotFoundError:
            kept = folder.kept_output(lines)  # cleaned at this moment
        if kept is not None and kept.data:
            return kept
        raise NotFound(
            f"Job {folder.native_id} ({ref.name} {ref.number}) has no output, or none yet."
        )

    @os_errors_are_unavailable
    def describe(self, ref: JobRef) -> str:
        """See ``dssr.seams.Connector``: one ``Key=value`` a line."""
        folder, job = self._site.find(ref)
        return described(folder, job, self._clock())

    @os_errors_are_unavailable
    def why(self, ref: JobRef) -> Why:
        """See ``dssr.seams.ExplainsJobs``."""
        folder, job = self._site.find(ref)
        status = status_of(folder, job, self._clock())
        output = b""
        if status.state.is_final:
            with contextlib.suppress(NotFound):
                output = self.output(ref, _SEARCHED_LINES).data
        return explain(status, job, output)

    @os_errors_are_unavailable
    def clean(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``. A job that keeps its files keeps all of them."""
        folder = self._store.find(ref)
        if folder is None or (job := folder.job()) is None or job.about.keeps_files:
            return
        with self._site.changing():
            # Once only: after that, the file of this name may be another job's.
            if folder.kept_output() is not None and folder.cleaned() is None:
                folder.mark_cleaned(self._clock())
                Path(job.output).unlink(missing_ok=True)
                shutil.rmtree(job.directory, ignore_errors=True)

    @os_errors_are_unavailable
    def ping(self) -> None:
        """See ``dssr.seams.Connector``: both directories can be written to."""
        places = self._store.root, self._site.places.scratch / ".jarvice"
        self._proof.hold(lambda: trial.write_in(*places), self._site.patience())
        with self._proof.doubted_after(OSError), self._site.changing():
            self._store.active()

    @os_errors_are_unavailable
    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """See ``dssr.seams.ListsDirectories``, within JARVICE_PVCLS_ROOTS."""
        command = directories.command(path, self._roots)
        return directories.entries(
            path,
            self._transport.run(command, timeout=self._site.patience(), purpose=Purpose.OUTPUT),
        )

    @os_errors_are_unavailable
    def directory_of(self, ref: JobRef) -> JobDirectory:
        """See ``ServesJobFiles``."""
        folder, job = self._site.find(ref)
        directory = job.about.working_directory
        if not directory:
            raise NotFound(
                f"No files of job {folder.native_id} are kept: it was submitted through the legacy "
                "API, and its directory is removed with its result."
            )
        is_own = directory == job.own_directory
        return JobDirectory(self._run, directory, is_own, self._roots, str(self._store.root.parent))

    def close(self) -> None:
        """Nothing is open between two calls; jobs with ``--begin`` are started by the next
        bridge."""
        self._site.close()

    def _earlier(self, spec: JobSpec) -> Folder | None:
        """The job that an earlier request with this token has submitted. Raises ``Conflict`` when
        its name and number, or the caller's key, belong to another token."""
        folder, token = self._store.keyed(spec.idempotency) or (None, spec.token)
        if token != spec.token:
            raise key_taken()
        if folder is None:
            folder, token = self._store.holder(spec.ref, self._clock()) or (None, spec.token)
        if token != spec.token:
            raise number_taken(spec.name, spec.number)
        return folder

    def _run(
        self,
        argv: Sequence[str],
        input: bytes | None,
        purpose: Purpose,
        sink: Sink | None = None,
    ) -> Completed:
        timeout = self._site.patience()
        return self._transport.run(argv, input=input, timeout=timeout, purpose=purpose, sink=sink)

    def _settled(self, folder: Folder) -> Record | None:
        """The job's record, written now if the job's supervisor has died without one."""
        if (record := folder.record()) is None:
            with self._site.changing():
                self._site.advance()
            record = folder.record()
        return record


plugin = LocalConnector
