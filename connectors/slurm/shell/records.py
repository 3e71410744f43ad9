"""All jobs of the bridge, from the journal and from what squeue lists."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.journal import Entered, Entry, Journal
from connectors.slurm.shell.remote import Call, Remote
from connectors.slurm.shell.settling import Settler
from connectors.slurm.words.job_ids import job_id
from connectors.slurm.words.journal import JobEnd, Submission
from connectors.slurm.words.states import is_held, nodes_of
from dssr.errors import DssrError, NotFound
from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.record import End, JobRecord, Records

log = logging.getLogger(__name__)


class JobRecords:
    """May be used from many threads: one of them reads, the others wait for it."""

    def __init__(
        self, remote: Remote, snapshot: Callable[[], Snapshot], settings: SlurmSettings
    ) -> None:
        self._remote, self._snapshot = remote, snapshot
        self._settler = Settler(settings)
        self._max_age, self._service_user = settings.snapshot_age, settings.ssh_user
        self._journal = Journal()
        self._lock = threading.Lock()
        self._last: dict[str, JobStatus] = {}  # by id, what squeue has shown last
        self._versions = itertools.count(1)
        self._shown: Records | None = None
        self._by_id: dict[str, JobRecord] = {}
        self._by_ref: dict[JobRef, Submission] = {}
        self._outdated = False
        self._new: dict[str, JobRecord] = {}  # by id, submitted since the last answer

    def get(self, accounts: Accounts) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        with self._lock:
            shown = self._shown
            if shown is None or time.monotonic() - shown.taken >= self._max_age:
                return self._read(accounts)
            if self._outdated:
                return self._show(self._snapshot())
            return shown

    def find(self, id: str, accounts: Accounts) -> JobRecord:
        """See ``dssr.seams.KeepsRecords.record``. A job that was submitted since the last answer
        costs no command."""
        if (new := self._new.get(id)) is not None:
            return new
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
            ends = [end for end in reversed(self._journal.ends) if end[0] > after]
            found = ((number, self._by_id.get(job_id(name))) for number, name in reversed(ends))
            return [End(number, job) for number, job in found if job]

    def submitted(self, submission: Submission, serial: int) -> None:
        """Note a job that this bridge has submitted."""
        with self._lock:
            self._journal.note(submission, serial)
            self._outdated = True
            id = job_id(submission.directory)
            new = self._submission_record(id, submission)
            self._new[id] = replace(new, state=JobState.PENDING, evidence=("submission",))

    def enter(self, call: Call, entry: Submission, text: str) -> None:
        """Enter another user's job in the journal. ``call``: the service user's. A failure is
        logged: the job was submitted, and the same submission again enters it."""
        try:
            with self._lock:
                self._journal.enter(call, call, [Entry(text, entry.directory, "")])
        except DssrError as error:
            log.warning("Job %s is not in the journal: %s", entry.ref.native_id, error.message)

    def changed(self) -> None:
        """Note a change of a job by this bridge."""
        with self._lock:
            self._outdated = True

    def outdated(self) -> None:
        """Note a change that only the journal can show."""
        with self._lock:
            self._shown = None

    @property
    def last_number(self) -> int:
        """A number of the journal that is taken."""
        return self._journal.last

    def _read(self, accounts: Accounts) -> Records:
        """Called under the lock."""
        snapshot = self._snapshot()
        self._journal.refresh(self._remote.call())
        listed = {status.id: status for status in snapshot.values() if status.id}
        if listed.keys() - {job_id(directory) for directory in self._journal.jobs}:
            self._journal.lacks_jobs()
        self._last |= listed
        if self._settler.settle(self._journal, accounts, listed, self._last):
            self._journal.refresh(self._remote.call())
        return self._show(snapshot)

    def _show(self, snapshot: Snapshot) -> Records:
        listed = {status.id: status for status in snapshot.values()}
        by_ref = {status.ref: status for status in snapshot.values() if not status.id}
        jobs = {}
        for directory, entered in self._journal.jobs.items():
            id = job_id(directory)
            known = self._by_id.get(id)
            if known is not None and known.is_final and entered.end:
                jobs[id] = known
                continue
            status = listed.get(id) or by_ref.get(entered.submission.ref)
            jobs[id] = self._record(id, entered, status)
        has_changed = _without_clock(jobs) != _without_clock(self._by_id)
        shown = self._shown
        version = next(self._versions) if has_changed or shown is None else shown.version
        submissions = [entered.submission for entered in self._journal.jobs.values()]
        self._by_ref = {submission.ref: submission for submission in submissions}
        self._by_id, self._outdated, self._new = jobs, False, {}
        newest_first = sorted(
            jobs.values(), key=lambda job: (job.submitted or 0.0, job.id), reverse=True
        )
        self._shown = Records(newest_first, snapshot.taken, version)
        return self._shown

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
