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
import functools
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from connectors.local import options, submission, tail
from connectors.local.describe import described, status_of
from connectors.local.folder import Folder, LocalJob, Record
from connectors.local.queue import Queue
from connectors.local.settings import LocalSettings
from connectors.local.store import Store
from connectors.local.why import explain
from connectors.shared import directories
from connectors.transports.local import LocalTransport
from dssr.deadline import answer_due
from dssr.errors import Conflict, DssrError, NotFinal, NotFound, Refused, Unavailable
from dssr.job import NAME_FREE_AFTER, JobRef, JobResult, JobSpec, Output, Snapshot, Submitted
from dssr.record import Why
from dssr.seams import DirectoryEntry, Purpose

_PURGE_SECONDS = 3600.0
_DAY = 86400.0
_SEARCHED_LINES = 200  # at the end of the output, for the cause of a failure
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _os_errors_are_unavailable(
    method: Callable[Concatenate["LocalConnector", _P], _R],
) -> Callable[Concatenate["LocalConnector", _P], _R]:
    """A file system that is full, read-only or away is no fault of the caller, and may recover."""

    @functools.wraps(method)
    def wrapped(self: "LocalConnector", /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except OSError as error:
            raise Unavailable(
                f"Jobs' files cannot be used ({error}): make room, or let JARVICE_STATE_DIR and "
                "JARVICE_JOB_SCRATCH_DIR name directories that the bridge can write to.",
                retry_after=30,
            ) from error

    return wrapped


class LocalConnector:
    """One state directory and this machine's cores. ``clock``: seconds since the epoch, for all
    that takes hours."""

    settings_class = LocalSettings
    default_executor = "native"

    def __init__(self, settings: LocalSettings, clock: Callable[[], float] = time.time) -> None:
        home = Path.home()
        self._places = submission.Places(Path(settings.scratch_dir or home), home)
        self._roots = [root or str(home) for root in directories.roots(settings)]
        self._transport = LocalTransport()
        self._store = Store(Path(settings.state_dir or home / ".jarvice/state") / "local")
        cores = settings.local_cores or len(os.sched_getaffinity(0))
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self._machine = options.Machine(cores, memory >> 20)
        self._queue = Queue(self._store, cores)
        # What a name and number mean is needed until they are free again.
        self._retention = max(settings.retention, NAME_FREE_AFTER)
        self._answer_timeout = settings.answer_timeout
        self._clock = clock
        self._mutex = (
            threading.Lock()
        )  # so that threads of one bridge do not wait for the lock file
        self._purged = 0.0
        self._timer = threading.Timer(0, self._on_begin)  # the next begin of a job; not started yet

    @_os_errors_are_unavailable
    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``; the job is in the queue, or has been started."""
        with self._changing():
            if earlier := self._store.holder(spec.ref, self._clock()):
                folder, token = earlier
                if token != spec.token:
                    raise Conflict(
                        f"Another script was submitted as {spec.name} number {spec.number}: "
                        "use another number."
                    )
                return Submitted(folder.native_id, folder.submitted())
            now = self._clock()
            asked = options.asked(spec, self._machine, now)
            folder = submission.submit(self._store, spec, asked, launch, self._places, now)
            self._advance()
        return Submitted(folder.native_id, folder.submitted())

    @_os_errors_are_unavailable
    def snapshot(self) -> Snapshot:
        """Every job that has not ended."""
        with self._changing():
            self._advance()
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

    @_os_errors_are_unavailable
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
        with self._changing():  # the first call reads the output before another one cleans it away
            output = folder.kept_output() or folder.keep_output(Path(job.output))
        return JobResult(record.state, record.elapsed, output, record.reason)

    @_os_errors_are_unavailable
    def cancel(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``. A pending job is CANCELLED on return; a running one has 5 s
        from SIGTERM to SIGKILL."""
        folder, _ = self._find(ref)
        with self._changing():
            if folder.record() is None:
                folder.order_cancel()
                self._advance()

    @_os_errors_are_unavailable
    def release(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``; ``Refused`` for a job that has started."""
        folder, _ = self._find(ref)
        with self._changing():
            if folder.started() is not None or folder.record() is not None:
                raise Refused(f"Job {folder.native_id} is no longer pending execution.")
            folder.release()
            self._advance()

    @_os_errors_are_unavailable
    def output(self, ref: JobRef, lines: int) -> Output:
        """See ``dssr.seams.Connector``; at most ``OUTPUT_BYTES``."""
        folder, job = self._find(ref)
        # Kept output first: after cleaning, the file of that name may be another job's.
        kept = folder.kept_output(lines)
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

    @_os_errors_are_unavailable
    def describe(self, ref: JobRef) -> str:
        """See ``dssr.seams.Connector``: one ``Key=value`` a line."""
        folder, job = self._find(ref)
        return described(folder, job, self._clock())

    @_os_errors_are_unavailable
    def why(self, ref: JobRef) -> Why:
        """See ``dssr.seams.ExplainsJobs``."""
        folder, job = self._find(ref)
        status = status_of(folder, job, self._clock())
        output = b""
        if status.state.is_final:
            with contextlib.suppress(NotFound):
                output = self.output(ref, _SEARCHED_LINES).data
        return explain(status, job, output)

    @_os_errors_are_unavailable
    def clean(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        folder = self._store.find(ref)
        if folder is None or (job := folder.job()) is None:
            return
        with self._changing():
            # Once only: after that, the file of this name may be another job's.
            if folder.kept_output() is not None and folder.cleaned() is None:
                folder.mark_cleaned(self._clock())
                Path(job.output).unlink(missing_ok=True)
                shutil.rmtree(job.directory, ignore_errors=True)

    @_os_errors_are_unavailable
    def ping(self) -> None:
        """See ``dssr.seams.Connector``."""
        with self._changing():
            self._store.active()

    @_os_errors_are_unavailable
    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """See ``dssr.seams.ListsDirectories``, within JARVICE_PVCLS_ROOTS."""
        command = directories.command(path, self._roots)
        return directories.entries(
            path, self._transport.run(command, timeout=self._patience(), purpose=Purpose.OUTPUT)
        )

    def close(self) -> None:
        """Nothing is open between two calls; jobs with ``--begin`` are started by the next
        bridge."""
        self._timer.cancel()

    def _find(self, ref: JobRef) -> tuple[Folder, LocalJob]:
        folder = self._store.find(ref)
        if folder is None or (job := folder.job()) is None:
            raise NotFound(
                f"No job {ref.name} {ref.number} {ref.native_id}".rstrip() + " was submitted here."
            )
        return folder, job

    def _settled(self, folder: Folder) -> Record | None:
        """The job's record, written now if the job's supervisor has died without one."""
        if (record := folder.record()) is None:
            with self._changing():
                self._advance()
            record = folder.record()
        return record

    def _advance(self) -> None:
        """Move the queue on, and again when the next job is to begin. Needs the store's lock."""
        now = self._clock()
        begin = self._queue.advance(now)
        self._timer.cancel()
        if begin is not None:
            self._timer = threading.Timer(min(max(0.0, begin - now), _DAY), self._on_begin)
            self._timer.daemon = True
            self._timer.start()

    @_os_errors_are_unavailable
    def _look_again(self) -> None:
        with self._changing():
            self._advance()

    def _on_begin(self) -> None:
        with contextlib.suppress(DssrError):  # the next call moves the queue on
            self._look_again()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the state directory's lock. Raises ``Unavailable`` when the lock cannot be had in
        the answering time."""
        if not self._mutex.acquire(timeout=self._patience()):
            raise Unavailable(
                "Other calls have kept the state directory busy for too long; try again."
            )
        try:
            self._store.prepare()
            with self._store.lock(self._patience()):
                self._purge()
                yield
        finally:
            self._mutex.release()

    def _patience(self) -> float:
        """Seconds to wait for one thing: half of what an answer may take, or has left; there may be
        another to wait for."""
        return max(0.0, round(min(self._answer_timeout, answer_due() - time.monotonic()) / 2, 1))

    def _purge(self) -> None:
        now = self._clock()
        if now - self._purged >= _PURGE_SECONDS:
            self._purged = now
            self._store.purge(now - self._retention)


plugin = LocalConnector
