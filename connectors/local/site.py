"""The state directory in use: its lock, its queue, the next start of a job, and what is forgotten
when."""

import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

from connectors.local.folder import Folder, LocalJob
from connectors.local.options import Machine
from connectors.local.queue import Queue
from connectors.local.settings import LocalSettings
from connectors.local.store import Store
from connectors.local.submission import Places
from dssr.deadline import answer_due
from dssr.errors import DssrError, Unavailable, not_submitted
from dssr.job import NAME_FREE_AFTER, JobRef

_PURGE_SECONDS = 3600.0
_DAY = 86400.0
_P = ParamSpec("_P")
_R = TypeVar("_R")


def os_errors_are_unavailable(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """A file system that is full, read-only or away is no fault of the caller, and may recover."""

    @functools.wraps(method)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except OSError as error:
            raise Unavailable(
                f"Jobs' files cannot be used ({error}): make room, or let JARVICE_STATE_DIR and "
                "JARVICE_JOB_SCRATCH_DIR name directories that the bridge can write to.",
                retry_after=30,
            ) from error

    return wrapped


class Site:
    """One state directory and this machine's cores. ``clock``: seconds since the epoch."""

    def __init__(self, settings: LocalSettings, clock: Callable[[], float]) -> None:
        home = Path.home()
        self.clock = clock
        self.places = Places(Path(settings.scratch_dir or home), home)
        self.store = Store(Path(settings.state_dir or home / ".jarvice/state") / "local")
        cores = settings.local_cores or len(os.sched_getaffinity(0))
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self.machine = Machine(cores, memory >> 20)
        self._queue = Queue(self.store, cores)
        # What a name and number mean is needed until they are free again.
        self._retention = max(settings.retention, NAME_FREE_AFTER)
        self._answer_timeout = settings.answer_timeout
        # Threads of one bridge do not wait for the lock file.
        self._mutex = threading.Lock()
        self._purged = 0.0
        self._timer = threading.Timer(0, self._on_begin)  # the next begin of a job; not started yet

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the state directory's lock. Raises ``Unavailable`` when the lock cannot be had in
        the answering time."""
        if not self._mutex.acquire(timeout=self.patience()):
            raise Unavailable(
                "Other calls have kept the state directory busy for too long; try again."
            )
        try:
            self.store.prepare()
            with self.store.lock(self.patience()):
                self._purge()
                yield
        finally:
            self._mutex.release()

    def advance(self) -> None:
        """Move the queue on, and again when the next job is to begin. Needs the lock."""
        now = self.clock()
        begin = self._queue.advance(now)
        self._timer.cancel()
        if begin is not None:
            self._timer = threading.Timer(min(max(0.0, begin - now), _DAY), self._on_begin)
            self._timer.daemon = True
            self._timer.start()

    def find(self, ref: JobRef) -> tuple[Folder, LocalJob]:
        """The job. Raises ``NotFound``."""
        folder = self.store.find(ref)
        if folder is None or (job := folder.job()) is None:
            raise not_submitted(ref.name, ref.number, ref.native_id)
        return folder, job

    def patience(self) -> float:
        """Seconds to wait for one thing: half of what an answer may take, or has left; there may be
        another to wait for."""
        return max(0.0, round(min(self._answer_timeout, answer_due() - time.monotonic()) / 2, 1))

    def close(self) -> None:
        """Start no more jobs with ``--begin``: the next bridge does."""
        self._timer.cancel()

    @os_errors_are_unavailable
    def _look_again(self) -> None:
        with self.changing():
            self.advance()

    def _on_begin(self) -> None:
        with contextlib.suppress(DssrError):  # the next call moves the queue on
            self._look_again()

    def _purge(self) -> None:
        now = self.clock()
        if now - self._purged >= _PURGE_SECONDS:
            self._purged = now
            self.store.purge(now - self._retention)
