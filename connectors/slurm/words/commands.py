"""Slurm's commands: the words of each, and how its answer is read. Pure.

A job is recognised by the path of its batch script, which cannot be changed: users, plugins
and the job itself may change its name and its comment. Text that a user can choose freely is last
in its row, before an unguessable mark that is made anew for each call.
"""

import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.slurm.words.states import listed_state, nodes_of, seconds_of, state_of
from dssr.errors import Unavailable
from dssr.job import NAME, JobRef, JobState, JobStatus
from dssr.seams import Completed

TIMED_OUT = 124  # timeout(1) has ended the command
UNKNOWN_JOB = "Invalid job id"  # squeue and scontrol: the controller answers and has no such job
_DEFAULT_STATE = re.compile(r"(/\S+)?/\.jarvice/state/(?=jobs/)")  # in the home directory

# Below the state directory, as ``programs/submit.sh`` makes it: the job's directory, number, name.
# Older squeues print the batch script's arguments after it.
_DIRECTORY = r"jobs/[^/\s]+/[0-9a-f]{32}\.[0-9a-f]{12}"
_BATCH = re.compile(rf"({_DIRECTORY})/batch\.(\d{{1,18}})\.({NAME.pattern})(?: .*)?", re.DOTALL)


@dataclass(frozen=True)
class Squeue:
    """All jobs of this bridge that the controller still lists, in all states.

    They are the jobs of ``user`` or, where ``owners`` is given, those of all these users. A batch
    script is below ``state_dir``, or in its default place in the user's home directory; that of
    an owner other than ``user`` is below a directory of the owner's name in ``state_dir``.
    """

    user: str
    state_dir: str = ""
    owners: Collection[str] | None = None
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def argv(self) -> list[str]:
        """squeue(1): %A id, %T state, %e end time, %M time used, %N nodes, %r reason, %u user, %o
        command. All users' jobs are asked for where there are several owners, who may be more than
        a command line holds. Without --all, squeue leaves out jobs in hidden partitions, and in
        partitions that the user who asks may not use."""
        whose = ["-u", self.user] if self.owners is None else []
        columns = f"{self.mark}|%A|%T|%e|%M|%N|%r|%u|%o{self.mark}"
        return ["squeue", "-h", "-t", "all", *whose, "--all", "-o", columns]

    def parse(self, done: Completed) -> Mapping[str, JobStatus]:
        """Native id -> status, without the jobs that this bridge did not submit.

        Of several jobs with one batch script the first is the bridge's: a job can submit its own
        batch script again. Raises ``Unavailable`` with squeue's words when squeue failed: an answer
        without jobs is empty, and silence is not.
        """
        if done.returncode != 0:
            raise Unavailable(f"squeue failed on the cluster: {words_of(done)}")
        rows = done.stdout.decode("utf-8", "replace").split(self.mark)[1::2]
        found: dict[str, JobStatus] = {}
        for row in rows:
            path, status = self._row(row)
            if status and (path not in found or _id(status) < _id(found[path])):
                found[path] = status
        return {status.ref.native_id: status for status in found.values()}

    def _row(self, row: str) -> tuple[str, JobStatus | None]:
        columns = row.split("|", 8)
        if len(columns) < 9 or not columns[1].isdecimal():
            return "", None
        _, native_id, word, end, used, nodes, reason, user, command = columns
        batch = self._batch(user, command)
        if batch is None or (self.owners is not None and user not in self.owners):
            return "", None
        state = listed_state(word, end)
        status = JobStatus(
            JobRef(batch[3], int(batch[2]), native_id),
            state,
            seconds_of(used),
            () if state.is_queued else nodes_of(nodes),
            reason,
            user if self.owners is not None else "",
        )
        return user + batch[1], status

    def _batch(self, user: str, command: str) -> re.Match[str] | None:
        """The parts of a command that is a batch script in the user's state directory."""
        own = self.owners is None or user == self.user
        top = self.state_dir if own or not self.state_dir else f"{self.state_dir}{user}/"
        if not top and (default := _DEFAULT_STATE.match(command)):
            top = default[0]
        in_state = top and command.startswith(top)
        return _BATCH.fullmatch(command.removeprefix(top)) if in_state else None


def _id(status: JobStatus) -> int:
    return int(status.ref.native_id)


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
        batch = rf"/{_DIRECTORY}/batch\.{self.ref.number}\.{re.escape(self.ref.name)}(?= |$)"
        return re.search(batch, submit_line) is not None


@dataclass(frozen=True)
class Row:
    """What squeue or sacct says of one run of a job."""

    state: JobState
    elapsed: int  # seconds


def squeue_row(line: str) -> Row | None:
    """Read ``%A|%T|%M|%e|%r``; ``None`` for a line that is no row."""
    parts = line.split("|")
    if len(parts) < 5 or not parts[0].isdecimal():
        return None
    return Row(listed_state(parts[1], parts[3]), seconds_of(parts[2]))


def sacct_row(line: str) -> Row | None:
    """Read ``JobIDRaw|State|ElapsedRaw|Submit`` of ``sacct -n -P``; ``None`` for a line that is no
    row."""
    parts = line.split("|")
    if len(parts) < 4 or not parts[0].isdecimal() or not parts[2].isdecimal():
        return None
    return Row(state_of(parts[1]), int(parts[2]))


def words_of(done: Completed) -> str:
    """What a failed command said, on one line and short enough for an error."""
    text = (done.stderr or done.stdout).decode("utf-8", "replace")
    return " ".join(text.split())[:500] or f"exit code {done.returncode}"
