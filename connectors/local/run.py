"""One job's processes, from the first to the last."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from types import FrameType

from connectors.local import environment, processes
from connectors.local.folder import Folder, LocalJob, Record
from dssr.job import JobState

GRACE = 5.0  # seconds between SIGTERM and SIGKILL
_UNKILLABLE = 10.0  # seconds after which what survives SIGKILL (another user's, or stuck in the kernel) is left alone
_LONGEST_NAP = 0.2  # seconds
_BEAT = 5.0  # seconds between two signs of life
_Why = tuple[JobState, str]


class Run:
    """Starts the batch script in a session of its own and leaves none of its processes behind."""

    def __init__(self, folder: Folder, job: LocalJob) -> None:
        self._folder = folder
        self._job = job
        self._begun = time.monotonic()
        self._told_to_end = False
        self._last_beat = 0.0
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def to_its_end(self) -> Record:
        """Return when no process of the job is left, saying how it ended: by its exit code, or by what cut it short."""
        try:
            state, reason = self._cut_short() or self._watch(self._start())
        except OSError as error:
            state, reason = JobState.FAILED, f"could not be started: {error}"
        return Record(state, int(time.monotonic() - self._begun), reason)

    def _start(self) -> subprocess.Popen[bytes]:
        output = os.open(
            self._job.output, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644
        )
        try:
            return subprocess.Popen(  # noqa: S603
                self._job.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self._job.cwd,
                env=environment.of_job(self._folder, self._job), start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(output)

    def _watch(self, batch: "subprocess.Popen[bytes]") -> _Why:
        nap, why = 0.005, None
        while why is None and (why := _reaped(batch)) is None:
            why = self._cut_short()
            if why is not None:
                self._ask_to_end(batch.pid)
            else:
                self._beat()
                time.sleep(nap)
                nap = min(2 * nap, _LONGEST_NAP)
        processes.wait_until_none(_ours, _UNKILLABLE, signal.SIGKILL)
        return why

    def _cut_short(self) -> _Why | None:
        if self._folder.is_cancelled():
            return JobState.CANCELLED, ""
        if self._job.walltime is not None and time.monotonic() - self._begun >= self._job.walltime:
            return JobState.TIMEOUT, f"ran into its time limit of {self._job.walltime} s"
        if self._told_to_end:
            return (
                JobState.NODE_FAIL,
                "the process that watched over the job was told to end (SIGTERM), and ended the job",
            )
        return None

    def _beat(self) -> None:
        """Show until when the job ran, for the case that nobody comes to write it down."""
        if time.monotonic() - self._last_beat >= _BEAT:
            self._last_beat = time.monotonic()
            self._folder.show_life()

    def _ask_to_end(self, batch: int) -> None:
        """SIGTERM and some time. What passes on the output (the batch script's own group) ends when the step has ended,
        and not before, so that the step's last words are not lost."""
        of_the_step = [process for process in _ours() if process.group != batch]
        targets = _ours() if self._job.plain or not of_the_step else of_the_step
        processes.send(targets, signal.SIGTERM)
        processes.send(targets, signal.SIGCONT)  # a stopped process would not see it
        processes.wait_until_none(_ours, GRACE)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        self._told_to_end = True


def _ours() -> list[processes.Process]:
    """The job's living processes; the dead are taken in, or others would take them for living ones."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return processes.descendants(os.getpid())


def _reaped(batch: "subprocess.Popen[bytes]") -> _Why | None:
    """Take in the dead, orphans among them; how the batch script ended, once it has."""
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return None
            if pid == batch.pid:
                return _verdict(os.waitstatus_to_exitcode(status))
    except ChildProcessError:
        return JobState.FAILED, "its end was not seen"


def _verdict(code: int) -> _Why:
    if code == 0:
        return JobState.COMPLETED, ""
    return (
        JobState.FAILED,
        f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}",
    )
