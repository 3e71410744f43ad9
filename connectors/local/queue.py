"""Which job may start: first come, first served, as long as there are cores.

No process waits in this queue. Each process that changes something (a bridge that is called, a
supervisor whose job has ended) moves it on. So a pending job is only files, and survives all
processes.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from connectors.local import environment, files, processes
from connectors.local.folder import Folder, LocalJob, Record
from connectors.local.store import Store
from dssr.job import JobState

_log = logging.getLogger(__name__)
_CODE = Path(__file__).parents[2]  # where the package is found, for the supervisor
_LEFTOVER_SECONDS = 2.0  # how long the processes of a dead supervisor may take to die
NEVER_RAN = "cancelled before it started"
CANCELLED_UNSEEN = (
    "cancelled; the process that watched over the job was killed before it could record the end"
)
LOST = (
    "the process that watched over the job was killed, or the machine went down, before it could "
    "record how the job ended"
)


class Queue:
    """The jobs of one state directory that have not ended. All methods need the store's lock."""

    def __init__(self, store: Store, cores: int) -> None:
        self._store = store
        self._cores = cores

    def advance(self, now: float | None = None) -> float | None:
        """Write down the ends of jobs without a supervisor, and start the jobs for which there are
        cores. Returns when to look again: the earliest ``--begin`` of a job, in seconds since the
        epoch; ``None`` where no job has one. ``now``: the time, without it the machine's."""
        now = time.time() if now is None else now
        free, waiting = self._cores, []
        later: list[float] = []
        for folder in self._store.active():
            job = folder.job()
            if job is None:  # what a submission that broke off has left
                self._store.strike(folder)
                continue
            lock = files.try_lock(folder.alive)
            if lock is None:
                free -= 0 if folder.record() else job.cores
                continue
            try:
                if self._waits(folder, job, now):
                    if job.begin > now:
                        later.append(job.begin)
                    else:
                        waiting.append((folder, job))
            finally:
                os.close(lock)
        self._start_some(waiting, free)
        return min(later, default=None)

    def _waits(self, folder: Folder, job: LocalJob, now: float) -> bool:
        """Whether the job, which has no supervisor, waits to be started. If it has ended, write
        that down."""
        if folder.record() is None:
            cancelled = folder.is_cancelled()
            if folder.started() is None:
                if not cancelled:
                    folder.mark_waiting()
                    return not folder.is_held()
                end(folder, job, Record(JobState.CANCELLED, 0, now, NEVER_RAN))
            else:
                _lost(folder, job, cancelled)
        self._store.close(folder)
        return False

    def _start_some(self, waiting: list[tuple[Folder, LocalJob]], free: int) -> None:
        for folder, job in waiting:
            # A job larger than the machine, whose setting was lowered since, runs alone.
            if job.cores > free and free < self._cores:
                return
            free -= job.cores
            self._start(folder)

    def _start(self, folder: Folder) -> None:
        """Start the job's supervisor. It inherits the lock, so it is alive from the first
        moment."""
        lock = files.try_lock(folder.alive)
        if lock is None:
            return
        folder.mark_starting()
        words = [sys.executable, "-m", "connectors.local.supervisor"]
        words += [str(self._store.root), folder.native_id, str(lock), str(self._cores)]
        try:
            with folder.log.open("ab") as log:
                child = subprocess.Popen(  # noqa: S603
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=_CODE,
                    env=environment.inherited(),
                    pass_fds=(lock,),
                    start_new_session=True,
                )
        except OSError as error:
            _log.warning(
                "Job %s cannot be started now and stays in the queue: %s", folder.native_id, error
            )
            return
        finally:
            os.close(lock)
        # Waits for it, so that it does not stay as a zombie.
        threading.Thread(target=child.wait, daemon=True).start()


def end(folder: Folder, job: LocalJob, record: Record) -> None:
    """Remove the job's credentials and write down how it has ended. Needs the lock ``alive``."""
    try:
        for name in ("secrets", "environment"):
            (Path(job.directory) / name).unlink(missing_ok=True)
    except OSError as error:
        _log.warning(
            "The credentials of job %s stay in %s until it is cleaned: %s",
            *(folder.native_id, job.directory, error),
        )
    folder.write_record(record)


def _lost(folder: Folder, job: LocalJob, cancelled: bool) -> None:
    mark = f"DSSR_JOB_DIR={job.directory}"
    processes.wait_until_none(lambda: processes.marked(mark), _LEFTOVER_SECONDS, signal.SIGKILL)
    state, reason = (
        (JobState.CANCELLED, CANCELLED_UNSEEN) if cancelled else (JobState.NODE_FAIL, LOST)
    )
    _log.warning("Job %s (%s %d) is %s: %s.", folder.native_id, job.name, job.number, state, reason)
    seconds = folder.seconds_seen()
    end(folder, job, Record(state, seconds, (folder.started() or 0.0) + seconds, reason))
