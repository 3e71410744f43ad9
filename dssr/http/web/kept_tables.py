"""Tables of results that were read before: of one that has grown, only what is new is read."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from dssr.http.web.results.kinds import LARGEST_TABLE
from dssr.http.web.results.table import TableReader
from dssr.jobs.files import Bounds, JobFiles
from dssr.record import JobRecord
from dssr.seams import FileEntry

MOST_KEPT = 80_000_000  # bytes of all tables
MOST_TABLES = 32
_OVERLAP = 4096  # bytes that are read again, by which a file that has only grown is known


class KeptTables:
    """Keeps the tables that were used last. All methods may be called from many threads."""

    def __init__(self, files: JobFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    @property
    def count(self) -> int:
        """How many tables are kept."""
        return len(self._kept)

    @contextmanager
    def reading(self, job: JobRecord, path: str) -> Iterator[TableReader]:
        """The table as it is now; no other thread reads on in it meanwhile.

        Raises ``Unreadable``, and what ``JobFiles.begin`` raises.
        """
        with self._lock:
            kept = self._kept.setdefault((job.id, path), _Kept())
            self._kept.move_to_end((job.id, path))
        try:
            with kept.lock:
                try:
                    while not kept.read_on(self._files, job, path):
                        kept.forget()
                except BaseException:
                    kept.forget()  # a part may have been read
                    raise
                yield kept.reader
        finally:
            self._evict((job.id, path), kept)

    def _evict(self, key: tuple[str, str], used: "_Kept") -> None:
        """Forget a table of which nothing was read, and those that were used longest ago."""
        with self._lock:
            if not used.reader.size and self._kept.get(key) is used:
                del self._kept[key]
            while len(self._kept) > MOST_TABLES or (
                len(self._kept) > 1
                and sum(kept.reader.memory for kept in self._kept.values()) > MOST_KEPT
            ):
                self._kept.popitem(last=False)


class _Kept:
    """One table, as far as it was read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Read from the beginning the next time."""
        self.reader = TableReader()
        self._version = ""  # of the file, when it was read
        self._end = b""  # the last bytes of what was read
        self._is_finished = False

    def read_on(self, files: JobFiles, job: JobRecord, path: str) -> bool:
        """Read what is new. Whether that goes on where the reader was; if not, another file has
        taken the place of the one that was read."""
        file, [pieces] = files.begin(job, path, self._bounds)
        if file.version != self._version or not self.reader.size:
            if self._is_finished or file.size < self.reader.size:
                return False
            if not self._feed(pieces, path):
                return False
            self._version = file.version
        if job.is_final and not self._is_finished:
            self.reader.finish()
            self._is_finished = True
        return True

    def _bounds(self, file: FileEntry) -> list[Bounds]:
        stop = min(file.size, LARGEST_TABLE)
        if self._version == file.version or self._is_finished or file.size < self.reader.size:
            return [(stop, stop)]
        return [(self.reader.size - len(self._end), stop)]

    def _feed(self, pieces: Iterator[bytes], path: str) -> bool:
        if not self.reader.size:
            self.reader = TableReader("\t" if path.endswith(".tsv") else "")
        overlap = len(self._end)
        for piece in pieces:
            if piece[:overlap] != self._end[:overlap]:
                return False
            self.reader.feed(piece[overlap:])
            self._end = (self._end + piece[overlap:])[-_OVERLAP:]
            overlap = 0
        return True
