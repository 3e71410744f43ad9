"""Runs the programs on the login node and sorts what they print."""

import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.slurm.shell import programs
from connectors.slurm.words.commands import words_of
from dssr.deadline import answer_due
from dssr.errors import CommandTimeout, NotFound, Refused, Unavailable
from dssr.job import JobRef, Output
from dssr.seams import Completed, Purpose, Transport

ANSWER_MARGIN = 0.5  # seconds of an answer's time that are left for the bridge itself

# Who comes first where commands wait for a channel, and what may be sent again when a connection
# breaks: these only read (gather notes since when a job is missing, which it does once however
# often it runs).
_PURPOSE = {
    "cancel": Purpose.CANCEL,
    "evidence": Purpose.STATUS,
    "describe": Purpose.STATUS,
    "output": Purpose.OUTPUT,
}


class NotAsked(CommandTimeout):
    """There was no time left to ask, so the login node was not asked: this command has not run."""


@dataclass(frozen=True)
class Reply:
    """What a program printed: ``lines``, by their first word, and ``rest``, all that follows the
    first empty line."""

    lines: Mapping[str, Sequence[str]]
    rest: bytes
    verdict: str  # the first word of the first line

    def word(self, name: str) -> str | None:
        """The rest of the first line that begins with ``name``."""
        found = self.lines.get(name)
        return found[0] if found else None


class Remote:
    """The login node, for one connector."""

    def __init__(self, transport: Transport, state_dir: str, timeout: float) -> None:
        """``timeout``: seconds for one call of the connector, however many programs it takes."""
        self._transport, self._state_dir, self._timeout = transport, state_dir, timeout

    def call(self, share: float = 1.0) -> "Call":
        """Begin a call that may take this share of the time, and no longer than until the response
        is due. All its commands have one deadline."""
        deadline = min(time.monotonic() + share * self._timeout, answer_due() - ANSWER_MARGIN)
        return Call(self._transport, self._state_dir, deadline)

    def share_left(self, until: float = math.inf) -> float:
        """The share of a call's time, 0 to 1, that is left until then and until the response is
        due."""
        left = min(until, answer_due() - ANSWER_MARGIN) - time.monotonic()
        return min(1.0, max(0.0, left / self._timeout))


@dataclass(frozen=True)
class Call:
    """One call of the connector, with its deadline."""

    transport: Transport
    state_dir: str
    deadline: float

    def command(self, argv: Sequence[str]) -> Completed:
        """Run one command that only reads, as it is."""
        return self.transport.run(argv, timeout=self.left(), purpose=Purpose.STATUS)

    def program(self, name: str, ref: JobRef, *words: str) -> Reply:
        """Run a program for a job.

        Raises ``NotFound`` when there is no such job here, ``Unavailable`` when the state directory
        cannot be written.
        """
        argv = programs.argv(name, (self.state_dir, f"{ref.key[:2]}/{ref.key}", *words))
        done = self.transport.run(
            argv, timeout=self.left(), purpose=_PURPOSE.get(name, Purpose.SUBMIT)
        )
        reply = _sort(done.stdout)
        if reply.verdict == "no_job":
            raise NotFound(
                f"No job {ref.native_id} of name {ref.name!r} and number {ref.number} was "
                f"submitted here."
            )
        if reply.verdict == "unelected":
            raise Unavailable(
                f"The submission of job {ref.name!r}, number {ref.number}, is not settled: whether "
                f"{ref.native_id} is its id is not known yet. Ask again, or send the submission "
                "again.",
                retry_after=10,
            )  # fmt: skip
        if reply.verdict == "unwritable":
            raise Unavailable(
                f"The directory {reply.word('unwritable')} on the cluster cannot be written, so "
                f"nothing was submitted or "
                f"changed: check JARVICE_STATE_DIR, JARVICE_JOB_SCRATCH_DIR, quotas and free space "
                f"({words_of(done)}).",
                retry_after=30,
            )
        if not reply.verdict and name == "submit":
            raise CommandTimeout(
                f"The program that submits ended without a word on the login node "
                f"({words_of(done)})."
            )
        if not reply.verdict:
            raise Refused(f"The login node could not run the program {name!r}: {words_of(done)}")
        return reply

    def left(self) -> float:
        """Seconds. Raises ``NotAsked`` when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise NotAsked(
                "The login node could not be asked in time, and nothing was changed: send the same "
                "request again."
            )
        return left


def output_of(reply: Reply, limit: int, lines: int) -> Output:
    """The end of a job's output, as the programs ``evidence`` and ``output`` print it: at most
    ``limit`` bytes and ``lines`` lines."""
    return Output.end(int(reply.word("saved") or reply.word("size") or 0), reply.rest, lines, limit)


def _sort(stdout: bytes) -> Reply:
    head, _, rest = stdout.partition(b"\n\n")
    lines: dict[str, list[str]] = defaultdict(list)
    # Not splitlines: to that a user's U+2028 is the end of a line, too.
    text = [line for line in head.decode("utf-8", "replace").split("\n") if line]
    for line in text:
        word, _, remainder = line.partition(" ")
        lines[word].append(remainder)
    return Reply(lines, rest, text[0].partition(" ")[0] if text else "")
