"""Runs the programs on the login node and reads what they print."""

import math
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.queries import Queries
from connectors.slurm.words.commands import words_of
from dssr.deadline import answer_due
from dssr.errors import CommandTimeout, NotFound, Unavailable, not_submitted
from dssr.job import JobRef, Output
from dssr.seams import Completed, Purpose, Sink, Transport

NO_JOB = JobRef("", 0)  # for a program that is about several jobs, or about none
ANSWER_MARGIN = 0.5  # seconds of an answer's time that are left for the bridge itself

# What goes first where commands wait for a channel, and what may be sent again when a connection
# breaks, because it only reads. (evidence and settle also note since when a job is missing, which
# they do once however often they run; what is entered twice in the journal counts once.)
_PURPOSE = {
    "cancel": Purpose.CANCEL,
    "evidence": Purpose.STATUS,
    "explain": Purpose.STATUS,
    "describe": Purpose.STATUS,
    "journal": Purpose.STATUS,
    "about": Purpose.STATUS,
    "settle": Purpose.STATUS,
    "enter": Purpose.STATUS,
    "enter_missing": Purpose.STATUS,
    "script": Purpose.OUTPUT,
    "served": Purpose.OUTPUT,
    "output": Purpose.OUTPUT,
    "outputs": Purpose.OUTPUT,
}


def program(name: str, words: Sequence[str]) -> list[str]:
    """The command that runs a program of ``connectors.slurm.shell.programs``, in a shell that has
    read their prelude."""
    return ["/bin/sh", "-c", f'dssr_{name} "$@"', "dssr", *words]


class NotAsked(CommandTimeout):
    """No time was left, so the command was not sent to the login node and has not run."""


@dataclass(frozen=True)
class Reply:
    """What a program printed: lines of a word and its value, an empty line, and bytes.

    ``lines``: the values by their word; a word may be on several lines. ``rest``: the bytes after
    the empty line, such as the end of a job's output. ``verdict``: the word of the first line,
    which says what came of the program; empty for a program that printed nothing.
    """

    lines: Mapping[str, Sequence[str]]
    rest: bytes
    verdict: str

    @classmethod
    def read(cls, stdout: bytes) -> "Reply":
        """From a program's standard output."""
        head, _, rest = stdout.partition(b"\n\n")
        lines: dict[str, list[str]] = defaultdict(list)
        # Not splitlines, which also splits at a user's U+2028.
        for line in filter(None, head.decode("utf-8", "replace").split("\n")):
            word, _, value = line.partition(" ")
            lines[word].append(value)
        return cls(lines, rest, next(iter(lines), ""))

    def value(self, word: str) -> str | None:
        """The value on the first line of ``word``; ``None`` where there is no such line."""
        found = self.lines.get(word)
        return found[0] if found else None

    def text_without(self, word: str) -> str:
        """All lines but those of ``word``: what Slurm's commands said beside the verdict."""
        others = (name for name in self.lines if name != word)
        return "\n".join(f"{name} {value}" for name in others for value in self.lines[name])


class Remote:
    """The login node, as the service user reaches it."""

    def __init__(self, transport: Transport, settings: SlurmSettings) -> None:
        """A call of the connector may take ``answer_timeout`` less the bridge's own margin,
        however many programs it runs."""
        self._transport, self._settings = transport, settings
        self.queries = Queries()
        self._timeout = settings.answer_timeout - ANSWER_MARGIN

    def call(self, share: float = 1.0) -> "Call":
        """Begin a call of the service user that may take this share of the time, and no longer
        than until the response is due. All its commands have one deadline."""
        deadline = min(time.monotonic() + share * self._timeout, answer_due() - ANSWER_MARGIN)
        settings = self._settings
        directories = settings.state_dir, settings.scratch_dir
        return Call(self._transport, deadline, "", *directories, self.queries)

    def share_left(self, until: float = math.inf) -> float:
        """The share of a call's time, 0 to 1, that is left until then and until the response is
        due."""
        left = min(until, answer_due() - ANSWER_MARGIN) - time.monotonic()
        return min(1.0, max(0.0, left / self._timeout))


@dataclass(frozen=True)
class Call:
    """One call of the connector: its commands run on the login node as one local user, and have
    one deadline."""

    transport: Transport
    deadline: float  # by time.monotonic
    user: str  # empty where the bridge does not act for users
    state_dir: str  # empty: the default place in the user's home directory
    scratch_dir: str  # where the output of the user's jobs goes; empty: the home directory
    queries: Queries

    def run(
        self,
        kind: str,
        argv: Sequence[str],
        input: bytes | None = None,
        purpose: Purpose = Purpose.STATUS,
        sink: Sink | None = None,
    ) -> Completed:
        """Run a command unchanged. ``kind``: as ``Queries`` counts it."""
        with self.queries.lock:
            self.queries.counts[kind] += 1
        left = self.left()
        return self.transport.run(argv, input=input, timeout=left, purpose=purpose, sink=sink)

    def run_program(self, name: str, ref: JobRef, *words: str) -> Reply:
        """Run a ``program`` for a job.

        Raises ``NotFound`` when no such job was submitted here, and ``Unavailable`` when the
        outcome of its submission is unknown or the state directory cannot be written. Where a
        program prints nothing: ``CommandTimeout`` for ``submit``, ``Unavailable`` for the others.
        """
        argv = program(name, (self.state_dir, f"{ref.key[:2]}/{ref.key}", *words))
        purpose = _PURPOSE.get(name, Purpose.SUBMIT)
        done = self.run(name, argv, purpose=purpose)
        reply = Reply.read(done.stdout)
        if reply.verdict == "no_job":
            raise unknown_job(ref)
        if reply.verdict == "unelected":
            raise Unavailable(
                f"The submission of job {ref.name!r}, number {ref.number}, is not settled: whether "
                f"{ref.native_id} is its id is not known yet. Ask again, or send the submission "
                "again.", retry_after=10,
            )  # fmt: skip
        if reply.verdict == "unwritable":
            raise Unavailable(
                f"The directory {reply.value('unwritable')} on the cluster cannot be written, so "
                "nothing was submitted or changed: check JARVICE_STATE_DIR, "
                f"JARVICE_JOB_SCRATCH_DIR, quotas and free space ({words_of(done)}).",
                retry_after=30,
            )
        if not reply.verdict and name == "submit":
            raise CommandTimeout(
                "The submission program ended without any output on the login node "
                f"({words_of(done)})."
            )
        if not reply.verdict:
            raise Unavailable(
                f"The login node could not run the program {name!r}: {words_of(done)}"
            )
        return reply

    def left(self) -> float:
        """Seconds until the deadline. Raises ``NotAsked`` when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise NotAsked(
                "The login node could not be asked in time, and nothing was changed: send the "
                "same request again."
            )
        return left


def unknown_job(ref: JobRef) -> NotFound:
    """The error for a job that this bridge's directories on the cluster do not have."""
    return not_submitted(ref.name, ref.number, ref.native_id)


def output_of(reply: Reply, limit: int, lines: int) -> Output:
    """The end of a job's output, as ``evidence`` and ``output`` print it: at most ``limit`` bytes
    and ``lines`` lines."""
    size = int(reply.value("saved") or reply.value("size") or 0)
    return Output.end(size, reply.rest, lines, limit)
