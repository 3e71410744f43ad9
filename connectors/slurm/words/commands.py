"""Slurm's commands: the words of each and the reading of its answer. Pure.

Nothing that a user can choose freely (a job's name, its comment) is ever read from between separators that he could write
himself: such fields stand last, behind an unguessable mark made anew for each call.
"""

import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from connectors.slurm.words.states import nodes_of, seconds_of, state_of
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, JobStatus
from dssr.seams import Completed

_COMMENT = re.compile(r"dssr:[0-9a-f]{32}:(\d{1,18})")
_NAME_PREFIX = "jarvice_"
TIMED_OUT = 124  # timeout(1) has ended the command
UNKNOWN_JOB = (
    "Invalid job id"  # squeue and scontrol when the controller answers and has no such job
)


@dataclass(frozen=True)
class Squeue:
    """All jobs of one user, in all states that the controller still lists, with those of this bridge picked out; or, where
    ``owners`` is given, those of all of these users."""

    user: str
    owners: Collection[str] | None = None
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def argv(self) -> list[str]:
        """squeue(1): %A id, %T state, %M time used, %N nodes, %r reason, %u user, %j name, %k comment. For several users
        all are asked for, since there may be more than a command line holds. Without --all, jobs are left out that are in
        hidden partitions, one's own among them, or in partitions that whoever asks may not use himself."""
        whose, user = (["-u", self.user], "") if self.owners is None else ([], "%u|")
        columns = f"{self.mark}|%A|%T|%M|%N|%r|{user}{self.mark}%j{self.mark}%k{self.mark}"
        return ["squeue", "-h", "-t", "all", *whose, "--all", "-o", columns]

    def parse(self, done: Completed) -> Mapping[str, JobStatus]:
        """Native id -> status, jobs that this bridge did not submit left out. Raises ``Unavailable`` with squeue's words when
        it did not answer: an answer without jobs is empty, and silence is not."""
        if done.returncode != 0:
            raise Unavailable(f"squeue failed on the cluster: {words_of(done)}")
        parts = done.stdout.decode("utf-8", "replace").split(self.mark)[1:]
        # Each row is made of four parts: "|id|...|", name, comment, and the newline before the next row.
        rows = zip(parts[0::4], parts[1::4], parts[2::4], strict=False)
        found = (self._row(columns.split("|"), name, comment) for columns, name, comment in rows)
        return {status.ref.native_id: status for status in found if status}

    def _row(self, columns: list[str], name: str, comment: str) -> JobStatus | None:
        ours = _COMMENT.fullmatch(comment)
        if not ours or not name.startswith(_NAME_PREFIX) or len(columns) < 6:
            return None
        _, native_id, state, used, nodes, reason, owner = (
            *columns[:6],
            "" if self.owners is None else columns[6],
        )
        if self.owners is not None and owner not in self.owners:
            return None
        ref = JobRef(name.removeprefix(_NAME_PREFIX), int(ours[1]), native_id)
        pending = state_of(state).is_queued
        return JobStatus(
            ref,
            state_of(state),
            seconds_of(used),
            () if pending else nodes_of(nodes),
            reason,
            owner,
        )


@dataclass(frozen=True)
class SacctOwner:
    """Whose job it is, by the accounting, which knows it for longer than the controller."""

    ref: JobRef
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def argv(self) -> list[str]:
        """sacct(1): -X the job without its steps, -D also what had the same id before (ids may begin again from 1), -p a
        separator behind each field."""
        columns = "JobIDRaw,User,JobName,SubmitLine"
        return [
            "sacct",
            "-X",
            "-n",
            "-p",
            "-D",
            f"--delimiter={self.mark}",
            "-j",
            self.ref.native_id,
            "-o",
            columns,
        ]

    def parse(self, done: Completed) -> str | None:
        """The local user; ``None`` when accounting shows no such job of this bridge. Raises ``Unavailable`` with sacct's words
        when it did not answer."""
        if done.returncode != 0:
            words = "no answer in time" if done.returncode == TIMED_OUT else words_of(done)
            raise Unavailable(f"sacct failed on the cluster: {words}")
        rows = (row for native_id, *row in self._rows(done) if native_id == self.ref.native_id)
        owners = [user for user, name, submit_line in rows if self._is_ours(name, submit_line)]
        return owners[-1] if owners else None

    def _rows(self, done: Completed) -> Iterator[tuple[str, str, str, str]]:
        parts = done.stdout.decode("utf-8", "replace").split(self.mark)
        for native_id, *rest in zip(
            parts[0::4], parts[1::4], parts[2::4], parts[3::4], strict=False
        ):
            yield native_id.rpartition("\n")[2], rest[0], rest[1], rest[2]

    def _is_ours(self, name: str, submit_line: str) -> bool:
        comment = rf"--comment=dssr:[0-9a-f]{{32}}:{self.ref.number}(?!\d)"
        return name == _NAME_PREFIX + self.ref.name and (
            not submit_line or re.search(comment, submit_line) is not None
        )


@dataclass(frozen=True)
class Row:
    """What squeue or sacct says of one run of a job."""

    state: JobState
    elapsed: int  # seconds


def squeue_row(line: str) -> Row | None:
    """``%A|%T|%M|%V|%r``, or ``None`` for a line that is no row."""
    parts = line.split("|")
    return (
        Row(state_of(parts[1]), seconds_of(parts[2]))
        if len(parts) >= 5 and parts[0].isdecimal()
        else None
    )


def sacct_row(line: str) -> Row | None:
    """``JobIDRaw|State|ElapsedRaw|Submit`` of ``sacct -n -P``, or ``None`` for a line that is no row."""
    parts = line.split("|")
    if len(parts) < 4 or not parts[0].isdecimal() or not parts[2].isdecimal():
        return None
    return Row(state_of(parts[1]), int(parts[2]))


def words_of(done: Completed) -> str:
    """What a failed command said, on one line and short enough for an error."""
    text = (done.stderr or done.stdout).decode("utf-8", "replace")
    return " ".join(text.split())[:500] or f"exit code {done.returncode}"
