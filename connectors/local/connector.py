"""The embedded default: real processes of this machine under the full contract of a connector. Linux, no root.

Cores are counted, walltimes enforced; jobs go on when the bridge dies, and are found again by the next one (or by another: a
state directory may be shared by any number of bridges of one machine). Nothing a bridge must know is kept in memory.

What a cluster has and one machine has not: more than one node, more cores than there are, and GPUs are refused; partition,
licenses, ``exclusive`` and ``sbatch_*`` options are ignored; a memory limit (``memory_gb``) is not enforced. Jobs run as the
bridge's own user and see that user's files and processes, the bridge's among them.
"""

import functools
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from connectors.local import submission, tail
from connectors.local.describe import described, status_of
from connectors.local.folder import Folder, LocalJob, Record
from connectors.local.queue import Queue
from connectors.local.settings import LocalSettings
from connectors.local.store import Store
from connectors.shared import directories
from connectors.transports.local import LocalTransport
from dssr.deadline import answer_due
from dssr.errors import Conflict, NotFinal, NotFound, Refused, Unavailable
from dssr.job import NAME_FREE_AFTER, JobRef, JobResult, JobSpec, Output, Snapshot, Submitted
from dssr.seams import DirectoryEntry, Purpose

_PURGE_SECONDS = 3600.0
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _honest(
    method: Callable[Concatenate["LocalConnector", _P], _R],
) -> Callable[Concatenate["LocalConnector", _P], _R]:
    """A disk that is full, read-only or away is not the caller's fault, and may be well again later."""

    @functools.wraps(method)
    def wrapped(self: "LocalConnector", /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except OSError as error:
            raise Unavailable(
                f"Jobs' files cannot be used ({error}): make room, or let JARVICE_STATE_DIR and JARVICE_JOB_SCRATCH_DIR name "
                "directories that the bridge can write to.", retry_after=30,
            ) from error  # fmt: skip

    return wrapped


class LocalConnector:
    """One state directory and this machine's cores. ``clock``: seconds since the epoch, for all that takes hours."""

    settings_class = LocalSettings
    default_executor = "native"

    def __init__(self, settings: LocalSettings, clock: Callable[[], float] = time.time) -> None:
        home = Path.home()
        self._places = submission.Places(Path(settings.scratch_dir or home), home)
        self._roots = [root or str(home) for root in directories.roots(settings)]
        self._transport = LocalTransport()
        self._store = Store(Path(settings.state_dir or home / ".jarvice/state") / "local")
        self._cores = settings.local_cores or len(os.sched_getaffinity(0))
        self._queue = Queue(self._store, self._cores)
        self._retention = max(
            settings.retention, NAME_FREE_AFTER
        )  # what a token stands for is needed as long as it holds
        self._answer_timeout = settings.answer_timeout
        self._clock = clock
        self._mutex = threading.Lock()  # threads of one bridge need not fight for the lock file
        self._purged = 0.0

    @_honest
    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """As the seam says; the job is in the queue, or has been started."""
        with self._changing():
            if earlier := self._store.holder(spec.ref, self._clock()):
                folder, token = earlier
                if token != spec.token:
                    raise Conflict(
                        f"Another script was submitted as {spec.name} number {spec.number}: use another number."
                    )
                return Submitted(folder.native_id, folder.submitted())
            submission.refuse(spec, self._cores)
            folder = submission.submit(self._store, spec, launch, self._places, self._clock())
            self._queue.advance()
            return Submitted(folder.native_id, folder.submitted())

    @_honest
    def snapshot(self) -> Snapshot:
        """Every job that has not ended."""
        with self._changing():
            self._queue.advance()
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

    @_honest
    def result(self, ref: JobRef) -> JobResult | None:
        """As the seam says. At most the last 10,000 lines and 10 MiB of the output are read and returned."""
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
            self._changing()
        ):  # one at a time: the first to come reads the output before anybody cleans it away
            output = folder.kept_output() or folder.keep_output(Path(job.output))
        return JobResult(record.state, record.elapsed, output, record.reason)

    @_honest
    def cancel(self, ref: JobRef) -> None:
        """As the seam says. A pending job is CANCELLED on return; a running one has 5 s from SIGTERM to SIGKILL."""
        folder, _ = self._find(ref)
        with self._changing():
            if folder.record() is None:
                folder.order_cancel()
                self._queue.advance()

    @_honest
    def release(self, ref: JobRef) -> None:
        """As the seam says; ``Refused`` for a job that has started."""
        folder, _ = self._find(ref)
        with self._changing():
            if folder.started() is not None or folder.record() is not None:
                raise Refused(f"Job {folder.native_id} is no longer pending execution.")
            folder.release()
            self._queue.advance()

    @_honest
    def output(self, ref: JobRef, lines: int) -> Output:
        """As the seam says; at most 10 MiB."""
        folder, job = self._find(ref)
        kept = folder.kept_output(
            lines
        )  # first: once it is cleaned, the file of that name may be another job's
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

    @_honest
    def describe(self, ref: JobRef) -> str:
        """As the seam says: one ``Key=value`` a line."""
        folder, job = self._find(ref)
        return described(folder, job, self._clock())

    @_honest
    def clean(self, ref: JobRef) -> None:
        """As the seam says."""
        folder = self._store.find(ref)
        if folder is None or (job := folder.job()) is None:
            return
        with self._changing():
            # Once only, whoever asks how often: after that the file of this name may be another job's.
            if folder.kept_output() is not None and folder.cleaned() is None:
                folder.mark_cleaned(self._clock())
                Path(job.output).unlink(missing_ok=True)
                shutil.rmtree(job.directory, ignore_errors=True)

    @_honest
    def ping(self) -> None:
        """As the seam says."""
        with self._changing():
            self._store.active()

    @_honest
    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """As the seam says, within JARVICE_PVCLS_ROOTS."""
        command = directories.command(path, self._roots)
        return directories.entries(
            path, self._transport.run(command, timeout=self._patience(), purpose=Purpose.OUTPUT)
        )

    def close(self) -> None:
        """There is nothing to give back: nothing is open between two calls."""

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
                self._queue.advance()
            record = folder.record()
        return record

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the state directory's lock. Raises ``Unavailable`` when it is not to be had in the answering time."""
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
        """Seconds to wait for one thing: half of what an answer may take, or has left; there may be another to wait for."""
        return max(0.0, round(min(self._answer_timeout, answer_due() - time.monotonic()) / 2, 1))

    def _purge(self) -> None:
        now = self._clock()
        if now - self._purged >= _PURGE_SECONDS:
            self._purged = now
            self._store.purge(now - self._retention)


plugin = LocalConnector
