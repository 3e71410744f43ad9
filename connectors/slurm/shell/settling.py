"""Finds out how jobs ended that squeue shows no more, or shows as ended, and records it: many jobs
with two commands."""

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.journal import Entered, Entry, Journal
from connectors.slurm.shell.remote import NO_JOB, Call
from connectors.slurm.words import settled
from connectors.slurm.words.end_facts import end_facts
from connectors.slurm.words.journal import Ending, end_text, job_id
from connectors.slurm.words.settled import Found
from dssr.errors import DssrError, Unavailable
from dssr.job import JobStatus

log = logging.getLogger(__name__)

_MOST = 200  # jobs at a time
_SOONEST, _LATEST = 4.0, 30.0  # seconds between two examinations of a job; doubled each time
# Of a call's time for the jobs of one owner: a login that hangs must not take that of all others.
_LEAST_SHARE = 0.2
_SLURM = 0.5  # of a call's time for squeue and sacct


class Settler:
    """Used by one thread at a time."""

    def __init__(self, settings: SlurmSettings) -> None:
        self._settings = settings
        self._again: dict[str, tuple[float, float]] = {}  # by id: when, after which wait
        self._silent: set[str] = set()  # owners about whose jobs nothing is found, logged once

    def settle(
        self,
        journal: Journal,
        accounts: Accounts,
        listed: Mapping[str, JobStatus],
        last: Mapping[str, JobStatus],
    ) -> bool:
        """Examine the jobs that may have ended, by what squeue lists now (``listed``, by id).

        ``last``: what it has listed at any time. Returns whether an end was recorded. A cluster
        that does not answer is logged, and asked again some seconds later.
        """
        candidates = self._candidates(journal, listed)
        by_owner: dict[str, list[Entered]] = defaultdict(list)
        for entered in candidates[:_MOST]:
            by_owner[entered.submission.owner].append(entered)
        has_ended = False
        share = max(_LEAST_SHARE, 1 / max(1, len(by_owner)))
        for owner, jobs in by_owner.items():
            try:
                call = accounts.for_user(owner, share)
                has_ended |= self._settle(journal, accounts, call, jobs, last)
                self._silent.discard(owner)
            except DssrError as error:
                self._note_silence(owner, error.message)
                for entered in jobs:
                    self._postpone(entered.id)
        return has_ended

    def _candidates(self, journal: Journal, listed: Mapping[str, JobStatus]) -> list[Entered]:
        now = time.monotonic()
        found = []
        for id in self._again.keys() - journal.open.keys():
            del self._again[id]
        for id, entered in journal.open.items():
            status = listed.get(id)
            if status is not None and not status.state.is_final:
                self._again.pop(id, None)
            elif self._again.get(id, (0.0, 0.0))[0] <= now:
                found.append(entered)
        return found

    def _settle(
        self,
        journal: Journal,
        accounts: Accounts,
        call: Call,
        jobs: Sequence[Entered],
        last: Mapping[str, JobStatus],
    ) -> bool:
        submissions = [job.submission for job in jobs]
        words = [word for each in submissions for word in (each.directory, each.ref.native_id)]
        limit = f"{_SLURM * call.left():.1f}"
        reply = call.run_program("settle", NO_JOB, limit, *words)
        known = {job.submission.directory: job for job in jobs}
        ends = []
        for found in settled.read(reply.rest.decode("utf-8", "replace")):
            job = known.pop(found.directory, None)
            ending = self._ending(found) if job else None
            if job is None or ending is None:
                self._postpone(job_id(found.directory))
                continue
            ends.append((job, ending, found))
        if ends:
            self._record(journal, accounts, call, ends, last)
        return bool(ends)

    def _ending(self, found: Found) -> Ending | None:
        if found.final or found.evidence is None:
            return found.final
        try:
            return found.evidence.ending(self._settings.settling_time)
        except Unavailable:
            return None

    def _record(
        self,
        journal: Journal,
        accounts: Accounts,
        call: Call,
        ends: Sequence[tuple[Entered, Ending, Found]],
        last: Mapping[str, JobStatus],
    ) -> None:
        entries = []
        for job, ending, found in ends:
            submission = job.submission
            ref, directory, owner = submission.ref, submission.directory, submission.owner
            facts = end_facts(found, ending, last.get(job.id))
            text = end_text(ref, directory, owner, ending, facts)
            entries.append(Entry(text, directory, "ended", ending.as_text()))
        journal.enter(accounts.for_user(""), call, entries)
        for job, _, _ in ends:
            self._postpone(job.id)  # until the entry is read

    def _note_silence(self, owner: str, why: str) -> None:
        if owner not in self._silent:
            log.warning("How jobs of %r ended is not known: %s", owner or "the service user", why)
        self._silent.add(owner)

    def _postpone(self, id: str) -> None:
        _, wait = self._again.get(id, (0.0, _SOONEST / 2))
        wait = min(_LATEST, 2 * wait)
        self._again[id] = time.monotonic() + wait, wait
