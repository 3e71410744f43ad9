"""Slurm's commands: the words of each, and how its answer is read. Pure.

Text that a user can choose freely is last in its row, before an unguessable mark that is made anew
for each call.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.slurm.words.figures import megabytes, tres
from connectors.slurm.words.journal import DIRECTORY
from connectors.slurm.words.states import epoch_of, listed_state, seconds_of, state_of
from connectors.slurm.words.usage import cpu_time
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, Resources
from dssr.seams import Completed

TIMED_OUT = 124  # timeout(1) has ended the command
UNKNOWN_JOB = "Invalid job id"  # squeue and scontrol: the controller answers and has no such job


@dataclass(frozen=True)
class SacctOwner:
    """The owner of a job, by the accounting, which knows it for longer than the controller."""

    ref: JobRef
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def argv(self) -> list[str]:
        """sacct(1): -X the job without its steps, -D also earlier jobs of the same id (ids may
        begin again from 1), -p a separator after each field."""
        words = ["-X", "-n", "-p", "-D", f"--delimiter={self.mark}", "-j", self.ref.native_id]
        return ["sacct", *words, "-o", "JobIDRaw,User,JobName,SubmitLine"]

    def parse(self, done: Completed) -> str | None:
        """The local user, or ``None`` when accounting shows no such job of this bridge.

        Raises ``Unavailable`` with sacct's words when sacct failed.
        """
        if done.returncode != 0:
            words = "no answer in time" if done.returncode == TIMED_OUT else words_of(done)
            raise Unavailable(f"sacct failed on the cluster: {words}")
        rows = (row for native_id, *row in self._rows(done) if native_id == self.ref.native_id)
        owners = [user for user, name, submit_line in rows if self._is_ours(name, submit_line)]
        return owners[-1] if owners else None

    def _rows(self, done: Completed) -> Iterator[tuple[str, str, str, str]]:
        parts = done.stdout.decode("utf-8", "replace").split(self.mark)
        rows = zip(parts[0::4], parts[1::4], parts[2::4], parts[3::4], strict=False)
        for native_id, user, name, submit_line in rows:
            yield native_id.rpartition("\n")[2], user, name, submit_line

    def _is_ours(self, name: str, submit_line: str) -> bool:
        """By the batch script; by the name where the accounting keeps no submit lines."""
        if not submit_line:
            return name == f"jarvice_{self.ref.name}"
        batch = rf"/{DIRECTORY}/batch\.{self.ref.number}\.{re.escape(self.ref.name)}(?= |$)"
        return re.search(batch, submit_line) is not None


@dataclass(frozen=True)
class Row:
    """What squeue or sacct says of one run of a job. Times are in seconds since the epoch."""

    state: JobState
    elapsed: int  # seconds
    started: float | None = None
    ended: float | None = None
    exit_code: str = ""  # code:signal, as sacct prints it
    allocated: Resources | None = None  # what the accounting says that it was given
    cpu_seconds: float | None = None  # that it used, by the accounting; None: not measured
    memory_used_mb: int | None = None


def squeue_row(line: str) -> Row | None:
    """Read ``%A|%T|%M|%e|%r|%S``; ``None`` for a line that is no row."""
    parts = line.split("|")
    if len(parts) < 6 or not parts[0].isdecimal():
        return None
    state = listed_state(parts[1], parts[3])
    return Row(state, seconds_of(parts[2]), epoch_of(parts[5]), epoch_of(parts[3]))


def sacct_row(line: str) -> Row | None:
    """Read ``JobIDRaw|State|ElapsedRaw|AllocTRES|ExitCode|Start|End|TotalCPU`` of ``sacct -n -P``;
    ``None`` for a line that is no row. The memory is in the rows of the job's steps."""
    parts = line.split("|")
    if len(parts) < 8 or not parts[0].isdecimal() or not parts[2].isdecimal():
        return None
    times = epoch_of(parts[5]), epoch_of(parts[6])
    allocated = _allocated(parts[3])
    return Row(state_of(parts[1]), int(parts[2]), *times, parts[4], allocated, cpu_time(parts[7]))


def _allocated(text: str) -> Resources | None:
    """``cpu=2,mem=750M,node=1,gres/gpu=4``; sites need not count GPUs."""
    found = tres(text)
    memory = megabytes(found.get("mem", ""))
    if not found:
        return None
    return Resources(
        nodes=_whole(found.get("node")),
        cores=_whole(found.get("cpu")),
        memory_mb=None if memory is None else round(memory),
        gpus=_whole(found.get("gres/gpu")),
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def words_of(done: Completed) -> str:
    """What a failed command said, on one line and short enough for an error."""
    text = (done.stderr or done.stdout).decode("utf-8", "replace")
    return " ".join(text.split())[:500] or f"exit code {done.returncode}"
