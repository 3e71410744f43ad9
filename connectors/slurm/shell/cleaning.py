"""Removes what ended jobs leave behind, and forgets old jobs."""

import contextlib
import threading
import time

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import AccountCall, Accounts
from connectors.slurm.shell.remote import Remote
from connectors.slurm.shell.uncleaned import Uncleaned
from dssr.errors import DssrError, NotFound
from dssr.job import JobRef

CLEANING = 0.2  # of the time for an answer: /exitstatus asks for a result and for cleaning up
_PURGE_EVERY = 3600.0  # seconds
_LEAST_RETENTION = 1440  # minutes: the name must be long out of use


class Cleaning:
    """Cleans up after jobs of one connector. May be used from many threads."""

    def __init__(self, remote: Remote, settings: SlurmSettings) -> None:
        self._remote, self._settings = remote, settings
        self._began = time.monotonic()
        self._purged: dict[str, float] = {}  # when, by the user whose jobs they are
        self._purging = threading.Lock()
        self._uncleaned = Uncleaned()

    def clean(self, ref: JobRef, accounts: Accounts) -> None:
        """Remove the job's files.

        No caller asks twice, so a job whose files could not be removed is tried again with the
        next one, where there is time. Once an hour the user's old jobs are forgotten.
        """
        began = time.monotonic()
        left = self._uncleaned.begin(ref)
        work = self._remove(ref, accounts, CLEANING)
        soon = time.monotonic() - began < CLEANING / 2 * self._settings.answer_timeout
        if left and soon and self._remote.share_left() > CLEANING / 2:
            with contextlib.suppress(DssrError):
                self._remove(left, accounts, CLEANING / 2)
        if work is not None:
            self._purge(ref, work)

    def _remove(self, ref: JobRef, accounts: Accounts, share: float) -> AccountCall | None:
        work = None
        with contextlib.suppress(NotFound):
            work = accounts.for_job(ref, share)
            work.call.program("clean", ref, ref.native_id)
        self._uncleaned.done(ref)
        return work

    def _purge(self, ref: JobRef, work: AccountCall) -> None:
        with self._purging:
            if time.monotonic() - self._purged.get(work.user, self._began) < _PURGE_EVERY:
                return
            self._purged[work.user] = time.monotonic()
        minutes = max(_LEAST_RETENTION, round(self._settings.retention / 60))
        work.call.program("purge", ref, str(minutes))
