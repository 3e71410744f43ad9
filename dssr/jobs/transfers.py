"""How many transfers of files run at once, and how many bytes they have carried."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dssr.deadline import answer_due
from dssr.errors import Busy, TooMany
from dssr.seams import Figure

EACH, TOGETHER = 2, 12  # downloads of one caller and of all: each occupies a thread of the server
WAITING = 4  # downloads of one caller that wait for a place: a browser asks for six at once
_PATIENCE = 10.0  # seconds
_UPLOADS = 3  # parts that are in memory at once
_MOST_ENDS = 1000  # unfinished files that are remembered
_EARLY = 2.0  # seconds for which a part waits for the one before it
_RETRY_AFTER = 5  # seconds
_WORK = 5.0  # seconds that a part needs when it is its turn


class Transfers:
    """The transfers of a bridge. All methods may be called from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._downloads: Counter[str] = Counter()  # by caller
        self._waiting: Counter[str] = Counter()  # by caller
        self._bytes = {"down": 0, "up": 0}
        self._memory = threading.BoundedSemaphore(_UPLOADS)
        self._changed = threading.Condition()
        # Of files that are being written: each part's first byte, and the one behind its last.
        self._written: dict[object, list[tuple[int, int]]] = {}
        self._ends: dict[object, int] = {}  # of unfinished files, where the last part ended

    def begin_download(self, caller: str, *, waits: bool = False) -> Callable[[], None]:
        """Count a download until the returned function is called, which may be called twice.

        Raises ``TooMany`` while the caller has as many as they may have, and ``Busy`` while all
        callers together have; ``waits``: after it has waited for some seconds.
        """
        with self._lock:
            if waits:
                self._await_place(caller)
            if self._downloads[caller] >= EACH:
                raise TooMany(
                    f"This caller has {EACH} downloads at once, which is the limit: ask again when "
                    "one has ended.",
                    _RETRY_AFTER,
                )
            if self._downloads.total() >= TOGETHER:
                raise Busy(
                    f"The bridge has {TOGETHER} downloads at once, which is the limit: ask again "
                    "when one has ended.",
                    _RETRY_AFTER,
                )
            self._downloads[caller] += 1
        ended = threading.Lock()

        def end() -> None:
            if ended.acquire(blocking=False):
                with self._lock:
                    self._downloads[caller] -= 1
                    self._lock.notify_all()

        return end

    @property
    def waiting(self) -> int:
        """How many downloads wait for a place."""
        return self._waiting.total()

    def counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same, and each piece is counted once it has been taken."""
        for piece in pieces:
            yield piece
            self._count("down", len(piece))

    @contextmanager
    def upload(self, file: object, offset: int, size: int, total: int) -> Iterator[bool]:
        """Within the block, few parts of other files are written, and none of the same file but
        the one before it, perhaps: the block gets whether it is. So a part can be on its way to
        the cluster before the one before it is all written.

        A part that comes before its turn, because its client sends the next part early, waits for
        those before it (after ``look_up``). Raises ``Busy`` when no time is left for that.
        """
        with self._turn(file, (offset, offset + size)) as follows:
            if not self._memory.acquire(timeout=_left()):
                raise _busy()
            try:
                yield follows
            finally:
                self._memory.release()
                self._wait_for_those_before(file, offset)
            self._note_end(file, offset + size, total)
        self._count("up", size)

    def look_up(self, file: object, arrived: Callable[[], int]) -> None:
        """Find out where the last part of an unfinished file ended, unless it is known."""
        if file not in self._ends:
            end = arrived()
            with self._changed:
                self._ends.setdefault(file, end)

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        with self._lock:
            running, carried = self._downloads.total(), dict(self._bytes)
        about = "Bytes of jobs' files, down to callers and up from them"
        return [
            Figure("dssr_downloads", "Downloads of jobs' files that run", running),
            *(
                Figure("dssr_file_bytes_total", about, size, "counter", (("direction", way),))
                for way, size in carried.items()
            ),
        ]

    def _await_place(self, caller: str) -> None:
        """Each that waits occupies a thread of the server, so few do."""
        if self._waiting[caller] >= WAITING or self._waiting.total() >= TOGETHER:
            return
        self._waiting[caller] += 1
        try:
            self._lock.wait_for(
                lambda: self._downloads[caller] < EACH and self._downloads.total() < TOGETHER,
                min(_PATIENCE, _left()),
            )
        finally:
            self._waiting[caller] -= 1

    @contextmanager
    def _turn(self, file: object, part: tuple[int, int]) -> Iterator[bool]:
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._is_next(file, part[0]), min(_EARLY, _left())
            ) and not self._changed.wait_for(lambda: file not in self._written, _left()):
                raise _busy()
            written = self._written.setdefault(file, [])
            written.append(part)
            follows = len(written) > 1
            self._changed.notify_all()
        try:
            yield follows
        finally:
            with self._changed:
                written.remove(part)
                if not written:
                    del self._written[file]
                self._changed.notify_all()

    def _is_next(self, file: object, offset: int) -> bool:
        """Whether a part that begins there may be written. The first part removes what has arrived
        before, so none follows it at once."""
        match self._written.get(file):
            case None:
                return self._ends.get(file, offset) >= offset
            case [(begin, end)]:
                return begin > 0 and end == offset
        return False

    def _wait_for_those_before(self, file: object, offset: int) -> None:
        """So that parts end in their order."""
        with self._changed:
            self._changed.wait_for(lambda: self._written[file][0][0] == offset, _left())

    def _note_end(self, file: object, end: int, total: int) -> None:
        with self._changed:
            self._ends.pop(file, None)
            if end < total:
                self._ends[file] = end
            if len(self._ends) > _MOST_ENDS:
                del self._ends[next(iter(self._ends))]

    def _count(self, way: str, size: int) -> None:
        with self._lock:
            self._bytes[way] += size


def _left() -> float:
    """Seconds until the response is due, less some for the work itself."""
    return min(threading.TIMEOUT_MAX, max(0.0, answer_due() - time.monotonic() - _WORK))


def _busy() -> Busy:
    return Busy(
        "Other parts were being written until this one's time was over, and it was not: send it "
        "again.",
        _RETRY_AFTER,
    )
