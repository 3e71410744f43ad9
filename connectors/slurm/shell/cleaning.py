"""Removes what ended jobs leave behind, and forgets old jobs."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.remote import NO_JOB, Call, Remote
from dssr.errors import DssrError, NotFound
from dssr.job import JobRef

CLEANING = 0.2  # of the time for an answer: /exitstatus asks for a result and for cleaning up
_MOST_PENDING = 1000  # jobs; beyond them the oldest is left to the hourly purge
_PURGE_EVERY = 3600.0  # seconds
_LEAST_RETENTION = 1440  # minutes: the name must be long out of use


class Cleaning:
    """Cleans up after jobs of one connector. May be used from many threads."""

    def __init__(self, remote: Remote, settings: SlurmSettings) -> None:
        self._remote, self._settings = remote, settings
        self._began = time.monotonic()
        self._purged: dict[str, float] = {}  # when, by the user whose jobs they are
        self._all_purged = self._began
        self._purging = threading.Lock()
        self._pending = PendingCleanups()

    def clean(self, ref: JobRef, accounts: Accounts) -> None:
        """Remove the job's files.

        No caller asks twice, so a job whose files could not be removed is tried again with the
        next one, where there is time. Once an hour the user's old jobs are forgotten.
        """
        began = time.monotonic()
        earlier = self._pending.begin(ref)
        call = self._remove(ref, accounts, CLEANING)
        soon = time.monotonic() - began < CLEANING / 2 * self._settings.answer_timeout
        if earlier and soon and self._remote.share_left() > CLEANING / 2:
            with contextlib.suppress(DssrError):
                self._remove(earlier, accounts, CLEANING / 2)
        if call is not None:
            self._purge(ref, call)

    def purge(self, accounts: Accounts, owners: Callable[[], Iterable[str]]) -> None:
        """Forget old jobs of all these users once an hour, because jobs that keep their files are
        never cleaned up after. No caller waits for it. What fails is tried again an hour later."""
        with self._purging:
            if time.monotonic() - self._all_purged < _PURGE_EVERY:
                return
            self._all_purged = time.monotonic()
        # Those who waited longest come first: one bridge may end before it comes to the last.
        users = sorted(owners(), key=lambda user: self._purged.get(user, self._began))
        with contextlib.suppress(RuntimeError):  # no thread is left
            threading.Thread(
                target=self._purge_all, args=(accounts, users), name="dssr-purge", daemon=True
            ).start()

    def _purge_all(self, accounts: Accounts, users: Iterable[str]) -> None:
        for user in users:
            with contextlib.suppress(DssrError):
                self._purge(NO_JOB, accounts.for_user(user))

    def _remove(self, ref: JobRef, accounts: Accounts, share: float) -> Call | None:
        call = None
        with contextlib.suppress(NotFound):
            call = accounts.for_job(ref, share)
            call.run_program("clean", ref, ref.native_id)
        self._pending.done(ref)
        return call

    def _purge(self, ref: JobRef, call: Call) -> None:
        with self._purging:
            if time.monotonic() - self._purged.get(call.user, self._began) < _PURGE_EVERY:
                return
            self._purged[call.user] = time.monotonic()
        minutes = max(_LEAST_RETENTION, round(self._settings.retention / 60))
        call.run_program("purge", ref, str(minutes))


class PendingCleanups:
    """Remembers, for this process, the jobs whose result was returned and whose files could not be
    removed; the oldest first. May be used from many threads."""

    def __init__(self) -> None:
        self._refs: dict[JobRef, None] = {}
        self._lock = threading.Lock()

    def begin(self, ref: JobRef) -> JobRef | None:
        """Note a job that is about to be cleaned up. Returns another one that is left from before,
        if there is one."""
        with self._lock:
            earlier = next((other for other in self._refs if other != ref), None)
            self._refs[ref] = None
            if len(self._refs) > _MOST_PENDING:
                del self._refs[next(iter(self._refs))]
            return earlier

    def done(self, ref: JobRef) -> None:
        """Forget a job that is cleaned up, or that has nothing to clean."""
        with self._lock:
            self._refs.pop(ref, None)
