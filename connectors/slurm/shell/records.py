"""All jobs of the bridge, from the journal and from what squeue lists."""

import bisect
import itertools
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.journal import Entered, Entry, Journal
from connectors.slurm.shell.remote import ANSWER_MARGIN, NO_JOB, Call, Remote
from connectors.slurm.shell.settling import Settler
from connectors.slurm.shell.shared_snapshot import Failure
from connectors.slurm.words import records
from connectors.slurm.words.journal import Submission, job_id, submission_entries
from dssr.deadline import answer_due
from dssr.errors import DssrError, NotFound, Unavailable
from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.record import About, End, JobRecord, Records

log = logging.getLogger(__name__)

_AGAIN = 60.0  # seconds between two searches for what the journal lacks of a job
_SOON = 1.0  # seconds between two searches for jobs that other bridges have just submitted
_SHARE = 0.2  # of a call's time for what one owner's directory has
_ID = re.compile(r"\d{8}-[0-9a-f]{12}", re.ASCII)
_MOST_SUBMITTED = 1000
_LEAST_RETENTION = 86_400.0  # seconds


class JobRecords:
    """May be used from many threads: one of them reads, the others wait for it."""

    def __init__(
        self, remote: Remote, snapshot: Callable[[], Snapshot], settings: SlurmSettings
    ) -> None:
        self._remote, self._snapshot = remote, snapshot
        self._settler = Settler(settings)
        self._max_age, self._service_user = settings.snapshot_age, settings.ssh_user
        self.journal = Journal(max(_LEAST_RETENTION, settings.retention))
        self._lock = threading.Lock()
        self._last: dict[str, JobStatus] = {}  # by id, what squeue has shown last
        self._looked_for: dict[str, float] = {}  # when, by id, other users' jobs
        self._versions = itertools.count(1)
        self._shown: Records | None = None
        self._generation = 0  # of the journal, as it was shown last
        self._by_id: dict[str, JobRecord] = {}
        self._by_ref: dict[JobRef, Submission] = {}
        # What changes meanwhile sets these again: they are cleared before the answer is made.
        self._outdated = self._is_stale = False
        self._failure: Failure | None = None
        self._searched = float("-inf")
        # Submissions of this bridge, with their numbers in the journal, that are not read from it
        # yet. A submission does not wait for the lock, which is held while the cluster is asked.
        # The oldest ones are dropped where no caller asks for records: the journal has them.
        self.submitted: deque[tuple[Submission, int]] = deque(maxlen=_MOST_SUBMITTED)
        self.taken = 0  # the highest number of the journal that is known to be taken

    def get(self, accounts: Accounts) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        with self._locked():
            if self._failure and time.monotonic() < self._failure.until:
                raise self._failure.again()
            shown = self._shown
            is_young = shown and time.monotonic() - shown.taken < self._max_age
            if shown is None or not is_young or self._is_stale:
                return self._read_whole(accounts)
            if not self._outdated and not self.submitted:
                return shown
            snapshot = self._snapshot()
            # A newer snapshot may show ends, about which more is to be read.
            is_newer = snapshot.taken > shown.taken
            return self._read_whole(accounts) if is_newer else self._show(snapshot)

    def find(self, id: str, accounts: Accounts) -> JobRecord:
        """See ``dssr.seams.KeepsRecords.record``. A job that was submitted since the last answer
        costs no command."""
        for submission, _ in self.submitted.copy():
            if job_id(submission.directory) == id:
                return records.submitted(self._submission_record(id, submission))
        self.get(accounts)
        if id not in self._by_id and _ID.fullmatch(id):
            self._search(accounts)
        if (found := self._by_id.get(id)) is None:
            raise NotFound(f"No job with the id {id[:80]!r} was submitted here.")
        return found

    def submissions(self, refs: Iterable[JobRef]) -> Mapping[JobRef, Submission]:
        """The submissions of those of these jobs that are in the last answer."""
        return {ref: self._by_ref[ref] for ref in refs if ref in self._by_ref}

    def ends(self, after: int) -> Sequence[End]:
        """See ``dssr.seams.KeepsRecords``."""
        with self._locked():
            at = bisect.bisect_right(self.journal.ends, after, key=itemgetter(0))
            found = []
            for number, id in self.journal.ends[at:]:
                job = self._by_id.get(id)
                if job is None or not job.is_final:
                    break  # it was read since the last answer: it comes with the next one
                found.append(End(number, job))
            return found

    def owners(self) -> frozenset[str]:
        """The users who have jobs here; empty: the service user."""
        with self._locked():
            return frozenset(job.submission.owner for job in self.journal.jobs.values())

    def enter(self, call: Call, submission: Submission, about: str) -> None:
        """Enter another user's job in the journal. ``call``: the service user's. A failure is
        logged: the job was submitted, and it is entered as soon as squeue lists it."""
        try:
            texts = submission_entries(submission, about)
            self.journal.enter(call, call, [Entry(each, submission.directory) for each in texts])
        except DssrError as error:
            native_id = submission.ref.native_id
            log.warning("Job %s is not in the journal: %s", native_id, error.message)

    def changed(self) -> None:
        """Note a change of a job by this bridge."""
        self._outdated = True

    def outdated(self) -> None:
        """Note a change that only the journal can show."""
        self._is_stale = True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock. Raises ``Unavailable`` where it is not free before the response is due."""
        left = answer_due() - ANSWER_MARGIN / 2 - time.monotonic()
        if not self._lock.acquire(timeout=min(max(0.0, left), threading.TIMEOUT_MAX)):
            raise Unavailable("The cluster did not answer in time.")
        try:
            yield
        finally:
            self._lock.release()

    def _read_whole(self, accounts: Accounts) -> Records:
        """Called under the lock."""
        self._is_stale = False
        began = time.monotonic()
        try:
            return self._read(accounts)
        except DssrError as error:
            self._is_stale = True
            self._failure = Failure.of(error, began, time.monotonic())
            raise

    def _search(self, accounts: Accounts) -> None:
        """Read the submissions of other bridges, however young the last answer is."""
        with self._locked():
            if time.monotonic() - self._searched < _SOON:
                return
            self._searched = time.monotonic()
            snapshot = self._snapshot()
            self._take_submitted()
            self.journal.refresh(self._remote.call())
            self._note_owners(accounts)
            self._show(snapshot)

    def _read(self, accounts: Accounts) -> Records:
        snapshot = self._snapshot()
        self._take_submitted()
        self.journal.refresh(self._remote.call())
        listed = {status.id: status for status in snapshot.values() if status.id}
        self._complete(listed, accounts)
        self._last |= listed
        if self._settler.settle(self.journal, accounts, listed, self._last):
            self.journal.refresh(self._remote.call())
        self._note_owners(accounts)
        return self._show(snapshot)

    def _note_owners(self, accounts: Accounts) -> None:
        for submission in (entered.submission for entered in self.journal.changed.values()):
            accounts.submitted(submission.ref, submission.owner or self._service_user)

    def _complete(self, listed: Mapping[str, JobStatus], accounts: Accounts) -> None:
        """Have jobs entered that squeue lists and the journal lacks: the bridge that submitted them
        has ended before it entered them."""
        for status in (status for id, status in listed.items() if id not in self.journal.jobs):
            if status.owner in ("", self._service_user):
                self.journal.lacks_jobs()
            elif time.monotonic() - self._looked_for.get(status.id, -_AGAIN) >= _AGAIN:
                self._looked_for[status.id] = time.monotonic()
                self._enter_other(status, accounts)

    def _enter_other(self, status: JobStatus, accounts: Accounts) -> None:
        """Enter another user's job, by what is in that user's directory."""
        day, _, rest = status.id.partition("-")
        try:
            call = accounts.for_user(status.owner, _SHARE)
            reply = call.run_program("about", NO_JOB, f"{day[:4]}-{day[4:6]}-{day[6:]}", rest)
        except DssrError as error:
            log.warning("Job %s is not in the journal: %s", status.ref.native_id, error.message)
            return
        directory, output = reply.value("directory") or "", reply.value("output") or ""
        if job_id(directory) == status.id and reply.value("elected") == status.ref.native_id:
            entry = Submission(directory, status.ref, status.owner, 0.0, About(), output)
            self.enter(self._remote.call(), entry, "\n".join(reply.lines["about"]))

    def _show(self, snapshot: Snapshot) -> Records:
        self._outdated = False
        self._take_submitted()
        self.taken = max(self.taken, self.journal.last)
        before, shown = self._by_id, self._shown
        jobs = self._records_now(snapshot)
        same = shown is not None and len(jobs) == len(before)
        changed = [(job, before.get(id)) for id, job in jobs.items() if job is not before.get(id)]
        if shown is None or not same or changed:
            newest_first: Sequence[JobRecord] = sorted(
                jobs.values(), key=lambda job: (job.submitted or 0.0, job.id), reverse=True
            )
        else:
            newest_first = shown.jobs
        is_same = same and all(_is_same(new, old) for new, old in changed)
        version = shown.version if shown and is_same else next(self._versions)
        self._by_id, self._shown = jobs, Records(newest_first, snapshot.taken, version)
        return self._shown

    def _records_now(self, snapshot: Snapshot) -> dict[str, JobRecord]:
        """All records by id. A record that has not changed is the same object as before."""
        listed = {status.id: status for status in snapshot.values()}
        by_ref = {status.ref: status for status in snapshot.values() if not status.id}
        is_whole = self._generation != self.journal.generation
        self._generation = self.journal.generation
        jobs = {} if is_whole else self._by_id.copy()
        submissions = {
            each.submission.ref: each.submission for each in self.journal.changed.values()
        }
        self._by_ref = submissions if is_whole else self._by_ref | submissions
        touched = self.journal.changed | self.journal.open
        self.journal.changed = {}
        for id, entered in touched.items():
            status = listed.get(id) or by_ref.get(entered.submission.ref)
            is_young = entered.submission.submitted > time.time() - snapshot.age
            new, old = self._record(id, entered, status, is_young), self._by_id.get(id)
            jobs[id] = old if old is not None and new == old else new
            if entered.end:
                self._last.pop(id, None)
        return jobs

    def _take_submitted(self) -> None:
        while self.submitted:
            self.journal.note(*self.submitted.popleft())

    def _submission_record(self, id: str, submission: Submission) -> JobRecord:
        return JobRecord(
            id,
            submission.ref,
            JobState.UNKNOWN,
            submission.owner or self._service_user,
            submission.about,
            submitted=submission.submitted or None,
            resources=submission.resources,
        )

    def _record(
        self, id: str, entered: Entered, status: JobStatus | None, is_young: bool
    ) -> JobRecord:
        """``is_young``: the job was submitted after squeue was asked."""
        record = self._submission_record(id, entered.submission)
        if entered.end:
            return records.ended(record, entered.end)
        if status:
            return records.listed(record, status)
        return records.submitted(record) if is_young else record


def _is_same(job: JobRecord, before: JobRecord | None) -> bool:
    """Whether no more has changed than the time for which the job has run."""
    return (
        before is not None and replace(job, elapsed=before.elapsed) == before and not job.is_final
    )
