"""The jobs whose result was returned and whose files could not be removed."""

import threading

from dssr.job import JobRef

_MOST = 1000  # jobs; beyond them the oldest is left to the hourly purge


class Uncleaned:
    """Remembers these jobs for this process, the oldest first."""

    def __init__(self) -> None:
        self._refs: dict[JobRef, None] = {}
        self._lock = threading.Lock()

    def begin(self, ref: JobRef) -> JobRef | None:
        """Note that this job is about to be cleaned up. Returns another job that is left from
        before, if there is one."""
        with self._lock:
            left = next((other for other in self._refs if other != ref), None)
            self._refs[ref] = None
            if len(self._refs) > _MOST:
                del self._refs[next(iter(self._refs))]
            return left

    def done(self, ref: JobRef) -> None:
        """Note that this job is cleaned up, or has nothing to clean."""
        with self._lock:
            self._refs.pop(ref, None)
