"""Reads the files of jobs in parts, some of them while the one before is being sent."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from dssr.errors import Unavailable
from dssr.job import JobRef
from dssr.seams import FileEntry, ServesFiles

_AT_ONCE = 4  # parts that are read at once: the login node is shared
_AHEAD = 2  # parts of a file that are read while another one is being sent
# Bytes. Of one download three parts are in memory, and two once more while they are put together:
# an archive of 1 GB takes 18 to 25 MB, and twice as much with parts that are twice as large.
LARGEST = 3 << 20
_SMALLEST = 1 << 20  # bytes; a smaller part would take less time than the command that reads it
_PIECE = 1 << 18  # bytes that are given to the server at a time


class Part(NamedTuple):
    """A part of a file."""

    file: FileEntry
    offset: int
    size: int

    @property
    def is_last(self) -> bool:
        """Whether the file ends with it."""
        return self.offset + self.size >= self.file.size


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
        for part, read in self.ahead(ref, self.split(file, start, stop)):
            data = whole(part, read.result())
            del read
            yield from cut(data)
            del data

    def ahead(self, ref: JobRef, parts: Iterable[Part]) -> Iterator[tuple[Part, "Future[bytes]"]]:
        """The parts in their order; those after each are being read already."""
        begun: deque[tuple[Part, Future[bytes]]] = deque()
        with self._counted():
            for part in parts:
                begun.append((part, self._workers.submit(self._read, ref, part)))
                if len(begun) > _AHEAD:
                    yield begun.popleft()
            while begun:
                yield begun.popleft()

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
        return max(_SMALLEST, LARGEST // max(1, self._readers))

    def _read(self, ref: JobRef, part: Part) -> bytes:
        if not part.size:
            return b""
        return self._files.read_file(ref, part.file.path, part.file.version, part.offset, part.size)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._readers += 1
        try:
            yield
        finally:
            with self._lock:
                self._readers -= 1


def whole(part: Part, data: bytes) -> bytes:
    """The data. Raises ``Unavailable`` where it is not all of the part."""
    if len(data) != part.size:
        raise Unavailable(
            f"Of {part.file.path[:200]!r}, {len(data)} of {part.size} bytes could be read from "
            f"byte {part.offset} on."
        )
    return data


def cut(data: bytes) -> Iterator[bytes]:
    """The same in pieces for the server."""
    with memoryview(data) as view:
        for at in range(0, len(data), _PIECE):
            yield bytes(view[at : at + _PIECE])
