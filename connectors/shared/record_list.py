"""One list of all jobs for all callers: made anew when it is old, and numbered when it differs."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from dssr.errors import Unavailable
from dssr.record import JobRecord, Records


class RecordList:
    """``age``: seconds for which a list is young, by ``clock``. ``query``: makes the list, newest
    first."""

    def __init__(
        self,
        age: float,
        query: Callable[[], Sequence[JobRecord]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._age = age
        self._query = query
        self._clock = clock
        self._made_at = 0.0
        self._lock = threading.Lock()
        self._known: Sequence[JobRecord] = ()  # without what changes by itself
        self._is_stale = False
        self._last: Records | None = None

    def get(self, timeout: float) -> Records:
        """The list, from the last query while that is young; one caller queries for all. Raises
        ``Unavailable`` when that takes longer than ``timeout``, and what the query raises."""
        if (last := self._young()) is not None:
            return last
        if not self._lock.acquire(timeout=timeout):
            raise Unavailable("The list of all jobs is being made and is not there yet; try again.")
        try:
            return self._young() or self._made()
        finally:
            self._lock.release()

    def changed(self) -> None:
        """A job has changed here: the next list shows it."""
        self._is_stale = True

    def _young(self) -> Records | None:
        last = self._last
        if last is None or self._is_stale or self._clock() - self._made_at > self._age:
            return None
        return last

    def _made(self) -> Records:
        self._is_stale = False  # before the query: what changes while it runs may not be in it
        taken, self._made_at = time.monotonic(), self._clock()
        try:
            jobs = self._query()
        except BaseException:
            self._is_stale = True
            raise
        version = 0 if self._last is None else self._last.version
        known = [job if job.is_final else replace(job, elapsed=0) for job in jobs]
        self._last = Records(jobs, taken, version if known == self._known else version + 1)
        self._known = known
        return self._last
