"""One job's processes, from the first to the last."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from types import FrameType
from typing import NamedTuple

from connectors.local import environment, processes
from connectors.local.folder import NOT_STARTED, Folder, LocalJob, Record
from connectors.shared import batch
from dssr.job import JobState

GRACE = 5.0  # seconds between SIGTERM and SIGKILL
# Seconds after which a process that survives SIGKILL (another user's, or stuck in the kernel) is
# left alone.
_UNKILLABLE = 10.0
_LONGEST_NAP = 0.2  # seconds
_BEAT = 5.0  # seconds between two signs of life


class _End(NamedTuple):
    """How a job ends, before it is written down."""

    state: JobState
    reason: str = ""
    exit_code: int | None = None
    signal: int | None = None


class Run:
    """Runs the batch script in a session of its own and leaves none of its processes behind."""

    def __init__(self, folder: Folder, job: LocalJob) -> None:
        self._folder = folder
        self._job = job
        self._begun = time.monotonic()
        self._received_sigterm = False
        self._last_beat = 0.0
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def to_its_end(self) -> Record:
        """Return when no process of the job is left, with how it ended: by its exit code, or by
        what cut it short."""
        try:
            end = self._cut_short() or self._watch(self._start())
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            end = _End(JobState.FAILED, f"{NOT_STARTED}{where}{error.strerror or error}")
        elapsed = int(time.monotonic() - self._begun)
        return Record(
            end.state, elapsed, time.time(), end.reason, end.exit_code, end.signal, *_used()
        )

    def _start(self) -> subprocess.Popen[bytes]:
        job, flags = self._job, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        output = os.open(job.output, flags, 0o644)
        try:
            return subprocess.Popen(  # noqa: S603
                job.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=job.cwd,
                env=environment.of_job(self._folder, job),
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError):
            if shutil.which(job.argv[0]) is None:
                line = batch.missing_interpreter(job.argv[0], socket.gethostname())
                os.write(output, f"{line}\n".encode("utf-8", "surrogateescape"))
            raise
        finally:
            os.close(output)

    def _watch(self, batch: "subprocess.Popen[bytes]") -> _End:
        nap, end = 0.005, None
        while end is None and (end := _reaped(batch)) is None:
            end = self._cut_short()
            if end is not None:
                self._ask_to_end(batch.pid)
            else:
                self._beat()
                time.sleep(nap)
                nap = min(2 * nap, _LONGEST_NAP)
        processes.wait_until_none(_ours, _UNKILLABLE, signal.SIGKILL)
        return end

    def _cut_short(self) -> _End | None:
        if self._folder.is_cancelled():
            return _End(JobState.CANCELLED)
        if self._job.walltime is not None and time.monotonic() - self._begun >= self._job.walltime:
            return _End(JobState.TIMEOUT, f"ran into its time limit of {self._job.walltime} s")
        if self._received_sigterm:
            return _End(
                JobState.NODE_FAIL,
                "the process that watched over the job received SIGTERM, and ended the job",
            )
        return None

    def _beat(self) -> None:
        """Show until when the job ran, in case this process is killed before it can record the
        end."""
        if time.monotonic() - self._last_beat >= _BEAT:
            self._last_beat = time.monotonic()
            self._folder.show_life()

    def _ask_to_end(self, batch: int) -> None:
        """SIGTERM and some time. The processes that pass on the output (the batch script's own
        group) end when the step has ended and not before, so that its last lines are not lost."""
        of_the_step = [process for process in _ours() if process.group != batch]
        targets = _ours() if self._job.plain or not of_the_step else of_the_step
        processes.send(targets, signal.SIGTERM)
        processes.send(targets, signal.SIGCONT)  # a stopped process would not receive it
        processes.wait_until_none(_ours, GRACE)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        self._received_sigterm = True


def _used() -> tuple[float | None, int | None]:
    """The processor seconds, and the MB of the largest of the job's processes: all of them are
    this process's children, or have been their children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = round(used.ru_utime + used.ru_stime, 3)
    # A child begins as large as this process: a smaller job's memory is not known.
    is_larger = used.ru_maxrss > processes.largest_size()
    return seconds or None, round(used.ru_maxrss / 1024) if is_larger else None


def _ours() -> list[processes.Process]:
    """The job's living processes. The dead are reaped, or they would look like living ones."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return processes.descendants(os.getpid())


def _reaped(batch: "subprocess.Popen[bytes]") -> _End | None:
    """Reap the dead, orphans among them; how the batch script ended, once it has."""
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return None
            if pid == batch.pid:
                return _verdict(os.waitstatus_to_exitcode(status))
    except ChildProcessError:
        return _End(JobState.FAILED, "its end was not seen")


def _verdict(code: int) -> _End:
    if code == 0:
        return _End(JobState.COMPLETED, exit_code=0)
    if code < 0:
        return _End(JobState.FAILED, f"ended by signal {-code}", signal=-code)
    return _End(JobState.FAILED, f"ended with exit code {code}", exit_code=code)
