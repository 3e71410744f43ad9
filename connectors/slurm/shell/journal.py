"""The journal on the cluster, as far as this bridge has read it: all jobs whose record is kept."""

import bisect
import logging
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace

from connectors.slurm.shell.remote import NO_JOB, Call
from connectors.slurm.words.journal import (
    JobEnd,
    Reader,
    Submission,
    job_id,
    submission_entries,
)
from dssr.errors import DssrError, Unavailable

log = logging.getLogger(__name__)

_WHOLE = 6 * 3600.0  # seconds after which all is read again, without the jobs forgotten since
_AGAIN = 60.0  # seconds between two complete readings for a job that is missing
_MOST_MISSING = 200  # jobs that are entered at a time


@dataclass(frozen=True)
class Entry:
    """An entry to be made: its text, the job's directory, the file that marks it as entered
    (empty: none), and
    the final answer that is recorded first (empty: none)."""

    text: str
    directory: str
    mark: str = ""
    answer: str = ""


@dataclass
class Entered:
    """A job of the journal. ``number``: its submission's; 0 where that is not in it yet."""

    id: str
    submission: Submission
    number: int
    end: JobEnd | None = None


class Journal:
    """Not thread-safe: its user holds a lock."""

    def __init__(self, retention: float) -> None:
        """``retention``: seconds after its end for which a job's record is kept."""
        self._retention = retention
        self.jobs: dict[str, Entered] = {}  # by id
        self.open: dict[str, Entered] = {}  # those of them that have no end
        self.changed: dict[str, Entered] = {}  # those with an entry that its user has not seen yet
        self.generation = 0  # another number whenever all was read anew
        # Number and id, in this order. An end that is before its submission, which a crash can
        # leave, has the number of that: who has read up to there has not missed it.
        self.ends: list[tuple[int, str]] = []
        self.last = 0  # the highest number that is known to be taken
        self._ends: dict[str, tuple[int, JobEnd]] = {}  # of jobs whose submission is not read yet
        self._reader = Reader()
        self._whole = float("-inf")

    def refresh(self, call: Call) -> None:
        """Read what is new. ``call``: the service user's. Raises ``Unavailable``."""
        if time.monotonic() - self._whole >= _WHOLE:
            self._read_all(call)
            return
        while True:
            reply = call.run_program("journal", NO_JOB, str(self.last))
            texts = _lines(reply.rest)
            self._add(enumerate(texts, self.last + 1))
            if len(texts) < 500:
                return

    def note(self, submission: Submission, serial: int) -> None:
        """Note a job that this bridge has submitted, before the journal is read again."""
        self._add_submission(submission, serial)
        if serial == self.last + 1:
            self.last = serial

    def enter(self, service: Call, owner: Call, entries: Sequence[Entry]) -> frozenset[str]:
        """Enter texts. ``owner``: the call of the user whose jobs they are, which is the service
        user's for jobs without another owner. They are read with the next ``refresh``.

        The journal is the service user's. So the final answers in other users' directories are
        recorded first, by a command of its own, and nothing is marked there: a bridge that ends
        between the two leaves the entry to another one. Returns the directories of the entries
        that were made: another bridge may have been faster.
        """
        if owner.user == service.user:
            return self._enter(service, str(self.last), entries)
        recorded = self._enter(owner, "-", [replace(each, mark="") for each in entries])
        own = [replace(each, mark="", answer="") for each in entries if each.directory in recorded]
        if own:
            self._enter(service, str(self.last), own)
        return recorded

    def enter_other(self, call: Call, submission: Submission, about: str) -> None:
        """Enter another user's job. ``call``: the service user's. A failure is logged: the job was
        submitted, and it is entered as soon as squeue lists it."""
        try:
            texts = submission_entries(submission, about)
            self.enter(call, call, [Entry(each, submission.directory) for each in texts])
        except DssrError as error:
            native_id = submission.ref.native_id
            log.warning("Job %s is not in the journal: %s", native_id, error.message)

    def find(self, id: str) -> Sequence[Entered]:
        """The jobs with that id or native id."""
        if id in self.jobs:
            return [self.jobs[id]]
        return [each for each in self.jobs.values() if each.submission.ref.native_id == id]

    def lacks_jobs(self) -> None:
        """Note that squeue lists a job that is not here: all is read again with the next
        ``refresh``, at most once a minute."""
        if time.monotonic() - self._whole >= _AGAIN:
            self._whole = float("-inf")

    def _enter(self, call: Call, number: str, entries: Sequence[Entry]) -> frozenset[str]:
        words = [word for each in entries for word in astuple(each)]
        reply = call.run_program("enter", NO_JOB, secrets.token_hex(8), number, *words)
        return frozenset(line.partition(" ")[2] for line in reply.lines.get("serial", ()))

    def _read_all(self, call: Call) -> None:
        entries, directories = _read_shelves(call)
        self.jobs, self.open, self.changed, self.ends = {}, {}, {}, []
        self._ends, self._reader = {}, Reader()
        self.generation += 1
        self._add(sorted(entries))
        entered = {each.submission.directory: each for each in self.jobs.values()}
        for name, each in entered.items():
            # Another user's jobs are in that user's directory, which the service user does not see.
            is_gone = self._is_old(each) if each.submission.owner else name not in directories
            if is_gone:
                for jobs in (self.jobs, self.open, self.changed):
                    jobs.pop(each.id, None)
        self.ends = [end for end in self.ends if end[1] in self.jobs]
        self._whole = time.monotonic()
        missing = sorted(directories - entered.keys())
        for at in range(0, len(missing), _MOST_MISSING):
            words = missing[at : at + _MOST_MISSING]
            call.run_program("enter_missing", NO_JOB, secrets.token_hex(8), str(self.last), *words)
        if missing:
            self.refresh(call)

    def _is_old(self, job: Entered) -> bool:
        """Whether a purge has forgotten the job by now."""
        kept = self._retention * (1 if job.submission.about.keeps_files else 4)
        ended = job.end.facts.ended if job.end else None
        return ended is not None and ended < time.time() - kept

    def _add(self, entries: Iterable[tuple[int, str]]) -> None:
        for number, text in entries:
            self.last = max(self.last, number)
            entry = self._reader.read(text)
            if isinstance(entry, Submission):
                self._add_submission(entry, number)
            elif entry is not None:
                self._ends.setdefault(job_id(entry.directory), (number, entry))
        for id in [id for id in self._ends if id in self.jobs and self.jobs[id].number]:
            number, entry = self._ends.pop(id)
            if entered := self.open.pop(id, None):
                entered.end = entry
                self.changed[id] = entered
                bisect.insort(self.ends, (max(number, entered.number), id))

    def _add_submission(self, submission: Submission, number: int) -> None:
        id = job_id(submission.directory)
        if id in self.jobs:
            self.jobs[id].number = self.jobs[id].number or number
        elif id:
            entered = Entered(id, submission, number)
            self.jobs[id] = self.open[id] = self.changed[id] = entered


def _read_shelves(call: Call) -> tuple[list[tuple[int, str]], set[str]]:
    """All entries with their numbers, and the directories of all jobs."""
    entries: list[tuple[int, str]] = []
    shelf = "0"
    while shelf:
        rest = call.run_program("journal", NO_JOB, "whole", shelf).rest
        texts, _, places = rest.partition(b"directories\n")
        directories, complete, _ = places.partition(b"complete\n")
        shelf = ""
        for first, _, text in (line.partition(" ") for line in _lines(texts)):
            if first == "next":
                shelf = text
            else:
                entries.append((int(first), text))
        if not (shelf or complete):
            raise Unavailable(
                "The records of jobs, in JARVICE_STATE_DIR on the cluster, could not be read "
                "completely: check its file server.",
                retry_after=10,
            )
    return entries, set(_lines(directories))


def _lines(data: bytes) -> list[str]:
    return [line for line in data.decode("utf-8", "replace").split("\n") if line]
