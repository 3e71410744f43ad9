"""The jobs whose end was told and whose files could not be removed."""

import threading

from dssr.job import JobRef

_MOST = 1000  # jobs; beyond them the oldest is left to the hourly purge


class Uncleaned:
    """Remembers them for this process, the oldest first."""

    def __init__(self) -> None:
        self._refs: dict[JobRef, None] = {}
        self._lock = threading.Lock()

    def begin(self, ref: JobRef) -> JobRef | None:
        """This one is about to be cleaned up. Returns another one that is left from before, if
        there is one."""
        with self._lock:
            left = next((other for other in self._refs if other != ref), None)
            self._refs[ref] = None
            if len(self._refs) > _MOST:
                del self._refs[next(iter(self._refs))]
            return left

    def done(self, ref: JobRef) -> None:
        """This one is cleaned up, or there is nothing to clean."""
        with self._lock:
            self._refs.pop(ref, None)
