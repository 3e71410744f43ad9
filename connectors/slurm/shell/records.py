"""All jobs of the bridge, from the journal and from what squeue lists."""

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.journal import Entered, Entry, Journal
from connectors.slurm.shell.remote import Call, Remote
from connectors.slurm.shell.settling import Settler
from connectors.slurm.words.journal import JobEnd, Submission, job_id, submission_entries
from connectors.slurm.words.states import is_held, nodes_of
from dssr.errors import DssrError, NotFound
from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.record import About, End, JobRecord, Records

log = logging.getLogger(__name__)

_AGAIN = 60.0  # seconds between two searches for what the journal lacks of a job
_NO_JOB = JobRef("", 0)  # for a program that finds its job by the id


class JobRecords:
    """May be used from many threads: one of them reads, the others wait for it."""

    def __init__(
        self, remote: Remote, snapshot: Callable[[], Snapshot], settings: SlurmSettings
    ) -> None:
        self._remote, self._snapshot = remote, snapshot
        self._settler = Settler(settings)
        self._max_age, self._service_user = settings.snapshot_age, settings.ssh_user
        self.journal = Journal()
        self._lock = threading.Lock()
        self._last: dict[str, JobStatus] = {}  # by id, what squeue has shown last
        self._looked_for: dict[str, float] = {}  # when, by id, other users' jobs
        self._versions = itertools.count(1)
        self._shown: Records | None = None
        self._by_id: dict[str, JobRecord] = {}
        self._by_ref: dict[JobRef, Submission] = {}
        # What changes meanwhile sets these again: they are cleared before the answer is made.
        self._outdated = self._is_stale = False
        # Submissions of this bridge, with their numbers in the journal, that are not read from it
        # yet. A submission does not wait for the lock, which is held while the cluster is asked.
        self.submitted: deque[tuple[Submission, int]] = deque()

    def get(self, accounts: Accounts) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        with self._lock:
            shown = self._shown
            is_young = shown and time.monotonic() - shown.taken < self._max_age
            if shown is None or not is_young or self._is_stale:
                return self._read_whole(accounts)
            if self._outdated or self.submitted:
                return self._show(self._snapshot())
            return shown

    def find(self, id: str, accounts: Accounts) -> JobRecord:
        """See ``dssr.seams.KeepsRecords.record``. A job that was submitted since the last answer
        costs no command."""
        for submission, _ in self.submitted.copy():
            if job_id(submission.directory) == id:
                new = self._submission_record(id, submission)
                return replace(new, state=JobState.PENDING, evidence=("submission",))
        self.get(accounts)
        if (found := self._by_id.get(id)) is None:
            raise NotFound(f"No job with the id {id[:80]!r} was submitted here.")
        return found

    def submissions(self, refs: Iterable[JobRef]) -> Mapping[JobRef, Submission]:
        """The submissions of those of these jobs that are in the last answer."""
        return {ref: self._by_ref[ref] for ref in refs if ref in self._by_ref}

    def ends(self, after: int) -> Sequence[End]:
        """See ``dssr.seams.KeepsRecords``."""
        with self._lock:
            ends = [end for end in reversed(self.journal.ends) if end[0] > after]
            found = ((number, self._by_id.get(job_id(name))) for number, name in reversed(ends))
            return [End(number, job) for number, job in found if job]

    def owners(self) -> frozenset[str]:
        """The users who have jobs here; empty: the service user."""
        with self._lock:
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

    def _read_whole(self, accounts: Accounts) -> Records:
        """Called under the lock."""
        self._is_stale = False
        try:
            return self._read(accounts)
        except DssrError:
            self._is_stale = True
            raise

    def _read(self, accounts: Accounts) -> Records:
        snapshot = self._snapshot()
        self._take_submitted()
        self.journal.refresh(self._remote.call())
        listed = {status.id: status for status in snapshot.values() if status.id}
        self._complete(listed, accounts)
        self._last |= listed
        if self._settler.settle(self.journal, accounts, listed, self._last):
            self.journal.refresh(self._remote.call())
        known = self._by_ref
        shown = self._show(snapshot)
        for ref in self._by_ref.keys() - known.keys():
            accounts.submitted(ref, self._by_ref[ref].owner or self._service_user)
        return shown

    def _complete(self, listed: Mapping[str, JobStatus], accounts: Accounts) -> None:
        """Have jobs entered that squeue lists and the journal lacks: the bridge that submitted them
        has ended before it entered them."""
        known = {job_id(directory) for directory in self.journal.jobs}
        for status in (status for id, status in listed.items() if id not in known):
            if status.owner in ("", self._service_user):
                self.journal.lacks_jobs()
            elif time.monotonic() - self._looked_for.get(status.id, -_AGAIN) >= _AGAIN:
                self._looked_for[status.id] = time.monotonic()
                self._enter_other(status, accounts)

    def _enter_other(self, status: JobStatus, accounts: Accounts) -> None:
        """Enter another user's job, by what is in that user's directory."""
        day, _, rest = status.id.partition("-")
        try:
            call = accounts.for_user(status.owner)
            reply = call.run_program("about", _NO_JOB, f"{day[:4]}-{day[4:6]}-{day[6:]}", rest)
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
        listed = {status.id: status for status in snapshot.values()}
        by_ref = {status.ref: status for status in snapshot.values() if not status.id}
        jobs = {}
        for directory, entered in self.journal.jobs.items():
            id = job_id(directory)
            known = self._by_id.get(id)
            if known is not None and known.is_final and entered.end:
                jobs[id] = known
                self._last.pop(id, None)
                continue
            status = listed.get(id) or by_ref.get(entered.submission.ref)
            jobs[id] = self._record(id, entered, status)
        has_changed = _without_clock(jobs) != _without_clock(self._by_id)
        shown = self._shown
        version = next(self._versions) if has_changed or shown is None else shown.version
        submissions = [entered.submission for entered in self.journal.jobs.values()]
        self._by_ref = {submission.ref: submission for submission in submissions}
        self._by_id = jobs
        newest_first = sorted(
            jobs.values(), key=lambda job: (job.submitted or 0.0, job.id), reverse=True
        )
        self._shown = Records(newest_first, snapshot.taken, version)
        return self._shown

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
        )

    def _record(self, id: str, entered: Entered, status: JobStatus | None) -> JobRecord:
        record = self._submission_record(id, entered.submission)
        if entered.end:
            return _ended(record, entered.end)
        return _listed(record, status) if status else record


def _ended(record: JobRecord, end: JobEnd) -> JobRecord:
    ending, facts = end.ending, end.facts
    return replace(
        record,
        state=ending.state,
        reason=ending.reason,
        elapsed=ending.elapsed,
        started=facts.started,
        ended=facts.ended,
        nodes=nodes_of(facts.nodes),
        resources=facts.resources,
        exit_code=facts.exit_code,
        signal=facts.signal,
        output_bytes=facts.output_bytes,
        evidence=facts.evidence,
        is_final=True,
    )


def _listed(record: JobRecord, status: JobStatus) -> JobRecord:
    return replace(
        record,
        state=status.state,
        reason="" if status.reason == "None" else status.reason,
        elapsed=status.elapsed,
        submitted=record.submitted or status.submitted,
        started=status.started,
        ended=status.ended,
        expected_start=status.expected_start,
        nodes=status.nodes,
        resources=status.resources,
        evidence=("squeue",) if status.id else ("submission",),
        is_held=is_held(status.state, status.reason),
        is_final=status.state.is_final,
    )


def _without_clock(jobs: dict[str, JobRecord]) -> list[JobRecord]:
    return [
        replace(job, elapsed=0) if job.elapsed and not job.is_final else job
        for job in jobs.values()
    ]
