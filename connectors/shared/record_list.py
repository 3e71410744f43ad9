"""One list of all jobs for all callers: made anew when it is old, and numbered when it differs."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from dssr.errors import Unavailable
from dssr.record import JobRecord, Records


class _Made(NamedTuple):
    """A list, when its query was sent, and the last change that it certainly shows."""

    records: Records
    at: float
    change: object


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
        self._lock = threading.Lock()
        self._change = object()  # another one after each change here
        self._known: Sequence[JobRecord] = ()  # without what changes by itself
        self._last: _Made | None = None

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
        self._change = object()

    def _young(self) -> Records | None:
        last = self._last
        if last is None or last.change is not self._change:
            return None
        return last.records if self._clock() - last.at <= self._age else None

    def _made(self) -> Records:
        change, at, taken = self._change, self._clock(), time.monotonic()
        jobs = self._query()
        version = 0 if self._last is None else self._last.records.version
        known = [job if job.is_final else replace(job, elapsed=0) for job in jobs]
        records = Records(jobs, taken, version if known == self._known else version + 1)
        self._known = known
        self._last = _Made(records, at, change)
        return records
