"""Reads the files of jobs in parts, the next one while the one before is being sent."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from dssr.errors import Unavailable
from dssr.job import JobRef
from dssr.seams import PART, FileEntry, ServesFiles

_AT_ONCE = 4  # parts that are read at once: the login node is shared
_AHEAD = 2  # parts that are read while another one is being sent
# Bytes that are to be sent when the next part is begun: then it arrives in time, and of two large
# parts little is in memory at once.
_LEFT = 2 << 20
# Bytes of a part that have arrived and were not taken: while there are so many, no more is read,
# for so many seconds. A slow caller must not occupy a channel, so all is read then.
_UNREAD, _PATIENCE = 2 << 20, 1.0
_SMALLEST = 1 << 20  # bytes; a smaller part would take less time than the command that reads it
PIECE = 1 << 18  # bytes that are given to the server at a time


class Part(NamedTuple):
    """A part of a file."""

    file: FileEntry
    offset: int
    size: int

    @property
    def is_last(self) -> bool:
        """Whether the file ends with it."""
        return self.offset + self.size >= self.file.size


class Reading:
    """A part that is being read, by one thread for another one."""

    def __init__(self, part: Part) -> None:
        self.part, self.taken = part, 0
        self._changed = threading.Condition()
        self._arrived = deque[bytes]()
        self._size = 0  # bytes that have arrived, those that were taken too
        self._patience = _PATIENCE
        self._is_over = False
        self._fault: BaseException | None = None

    def read(self, files: ServesFiles, ref: JobRef) -> None:
        """Read it. Other methods raise what ``read_file`` raises."""
        file, offset, size = self.part
        try:
            if size:
                files.read_file(ref, file.path, file.version, offset, size, self._take_in)
        except BaseException as fault:  # it is the other thread's
            self._fault = fault
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def next_piece(self) -> bytes:
        """What has arrived since; none at the end. The last piece is there once all of the part
        is known to be the file's.

        Raises ``Unavailable`` where the part is too short, and what ``read_file`` raises.
        """
        with self._changed:
            self._changed.wait_for(self._has_piece)
            if self._is_over and self._fault:
                raise self._fault
            if self._is_over and self._size != self.part.size:
                raise Unavailable(
                    f"Of {self.part.file.path[:200]!r}, {self._size} of {self.part.size} bytes "
                    f"could be read from byte {self.part.offset} on."
                )
            piece = self._joined()
            self.taken += len(piece)
            self._changed.notify_all()
        return piece

    def _has_piece(self) -> bool:
        unread = self._size - self.taken
        return self._is_over or (unread >= PIECE and self._size < self.part.size)

    def _joined(self) -> bytes:
        pieces, size = [], 0
        while self._arrived and size + len(self._arrived[0]) <= PIECE:
            pieces.append(self._arrived.popleft())
            size += len(pieces[-1])
        return b"".join(pieces)

    def _wait_for_room(self) -> None:
        began = time.monotonic()
        self._changed.wait_for(lambda: self._size - self.taken < _UNREAD, self._patience)
        self._patience = max(0.0, self._patience - (time.monotonic() - began))

    def _take_in(self, at: int, data: bytes) -> None:
        """What has arrived before an answer was lost arrives again."""
        new = data[max(0, self._size - at) :]
        with self._changed:
            self._wait_for_room()
            for start in range(0, len(new), PIECE):
                self._arrived.append(new[start : start + PIECE])
            self._size += len(new)
            if self._has_piece():
                self._changed.notify_all()


class PartReader:
    """Reads for all downloads. What they hold in memory together is bounded: the more there are,
    the smaller their parts."""

    def __init__(self, files: ServesFiles) -> None:
        self._files = files
        # The deadline of a request is not that of its parts: a large file takes longer.
        self._workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="dssr-files")
        self._lock = threading.Lock()
        self._readers = 0

    def pieces(self, ref: JobRef, file: FileEntry, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of a file from ``start`` up to ``stop``.

        Raises what ``read_file`` raises, ``Conflict`` above all: the file has changed since.
        """
        for _, pieces in self.ahead(ref, self.split(file, start, stop)):
            yield from pieces

    def ahead(self, ref: JobRef, parts: Iterable[Part]) -> Iterator[tuple[Part, Iterator[bytes]]]:
        """The parts in their order, each with its pieces; the next ones are begun meanwhile."""
        waiting, begun = iter(parts), deque[Reading]()

        def begin_others() -> None:
            while len(begun) <= _AHEAD and sum(r.part.size - r.taken for r in begun) <= _LEFT:
                if (part := next(waiting, None)) is None:
                    return
                begun.append(Reading(part))
                self._workers.submit(begun[-1].read, self._files, ref)

        def pieces() -> Iterator[bytes]:
            while piece := begun[0].next_piece():
                begin_others()
                yield piece

        with self._counted():
            begin_others()
            while begun:
                yield begun[0].part, pieces()
                begun.popleft()
                begin_others()

    def split(self, file: FileEntry, start: int, stop: int) -> Iterator[Part]:
        """The parts of that range of bytes: one at least, of no bytes where there are none."""
        while True:
            size = min(self._part_size, stop - start)
            yield Part(file, start, size)
            start += size
            if start >= stop:
                return

    @property
    def _part_size(self) -> int:
        return max(_SMALLEST, PART // max(1, self._readers))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._readers += 1
        try:
            yield
        finally:
            with self._lock:
                self._readers -= 1
