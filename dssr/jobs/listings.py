"""Lists of directories, each made once for all the pages in which it is read."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dssr.seams import FileEntry

_KEPT = 60.0  # seconds for which the pages behind the first one are of the same list
_MOST = 200_000  # entries that are kept of all lists together: 100 MB


@dataclass(frozen=True)
class Listing:
    """What a directory had at one moment. ``taken``: by ``time.monotonic``."""

    entries: Sequence[FileEntry]
    taken: float


class Listings:
    """The lists that are being read. All methods may be called from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._kept: dict[object, Listing] = {}  # the newest last

    def get(
        self, directory: object, is_continued: bool, make: Callable[[], Sequence[FileEntry]]
    ) -> Listing:
        """The list for a page: a new one for the first, and for the others the same as long as it
        is kept."""
        with self._lock:
            known = self._kept.get(directory)
        if is_continued and known is not None and self._clock() - known.taken < _KEPT:
            return known
        taken = self._clock()
        made = Listing(make(), taken)
        with self._lock:
            self._kept.pop(directory, None)
            self._kept[directory] = made
            self._drop()
        return made

    def _drop(self) -> None:
        """Forget what is old, and the oldest while there is too much. Called under the lock."""
        now = self._clock()
        self._kept = {key: one for key, one in self._kept.items() if now - one.taken < _KEPT}
        size = sum(len(one.entries) for one in self._kept.values())
        while size > _MOST:
            size -= len(self._kept.pop(next(iter(self._kept))).entries)
