"""What people and programs do with the files of jobs: list, download, upload, take an archive."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Protocol
from urllib.parse import quote

from dssr.bridge import Bridge
from dssr.errors import Conflict, NotFound
from dssr.job import JobRef
from dssr.jobs.archive import Archive
from dssr.jobs.listings import Listing, Listings
from dssr.jobs.parts import PartReader
from dssr.jobs.transfers import Transfers
from dssr.seams import FileEntry, ServesFiles, Sink, Upload

_ATTEMPTS = 3  # to begin to read a file that is being written to
Bounds = tuple[int, int]  # the first byte, and the one behind the last


class HasFiles(Protocol):
    """What has a directory of files: a job (``JobRecord``), or a service."""

    @property
    def id(self) -> str:
        """No other one has it."""
        ...

    @property
    def ref(self) -> JobRef:
        """What the connector is asked by."""
        ...


class JobFiles:
    """The files of a bridge's jobs, or of a service. ``transfers``: which count those of all.
    ``is_listed``: whether the API lists them."""

    def __init__(self, files: ServesFiles, transfers: Transfers, *, is_listed: bool = True) -> None:
        self.transfers, self._listings, self._is_listed = transfers, Listings(), is_listed
        self._files, self._reader = files, PartReader(files)

    @classmethod
    def of(cls, bridge: Bridge) -> "JobFiles":
        """Those of a bridge's jobs."""
        files: ServesFiles = _NoFiles(bridge.settings.connector)
        if isinstance(bridge.connector, ServesFiles):
            files = bridge.connector
        return cls(files, Transfers())

    def listing(self, job: HasFiles, path: str, is_continued: bool = False) -> Listing:
        """A directory: its directories, then its files. ``is_continued``: for a page behind the
        first."""
        make = partial(self._served, job.ref, path)
        return self._listings.get((job.id, path), is_continued, make)

    def entry(self, job: HasFiles, path: str) -> FileEntry:
        """One file. Raises ``NotFound`` for a directory."""
        found = self._files.file(job.ref, path)
        if found.is_directory and not self._is_listed:
            raise NotFound(f"{path[:200]!r} is a directory: name a file.")
        if found.is_directory:
            query = f"path={quote(path, errors='surrogateescape')}"
            raise NotFound(
                f"{path[:200]!r} is a directory: GET /api/v1/jobs/{job.id}/files?{query} lists it, "
                f"and archive.zip?{query} has all that is in it."
            )
        return found

    def arrived(self, job: HasFiles, path: str, uploader: str) -> int | None:
        """How many bytes of an unfinished upload have arrived."""
        return self._files.arrived(job.ref, path, uploader)

    def begin(
        self, job: HasFiles, path: str, bounds: Callable[[FileEntry], Sequence[Bounds]]
    ) -> tuple[FileEntry, Sequence[Iterator[bytes]]]:
        """Begin to read a file: what it is, and the bytes of each of the ``bounds``.

        The first of them have been read, so that most faults are raised here. A file that changes
        at this moment is looked at again.
        """
        for _ in range(_ATTEMPTS - 1):
            with suppress(Conflict):
                return self._begin(job, path, bounds)
        return self._begin(job, path, bounds)

    def archive(self, job: HasFiles, path: str) -> Iterator[bytes]:
        """All files of a directory, and of those below, as a zip archive."""
        return Archive(self._files, self._reader, job.ref, path).pieces()

    def write(self, job: HasFiles, upload: Upload, body: Callable[[], bytes]) -> FileEntry:
        """Write a part. ``body`` returns its bytes, when there is room for them in memory."""
        file = (job.id, upload.path, upload.uploader)
        if upload.offset:
            self.transfers.look_up(file, lambda: self.arrived(job, *file[1:]) or 0)
        with self.transfers.upload(file, upload.offset, upload.size, upload.total) as follows:
            return self._files.write_file(job.ref, replace(upload, follows=follows), body())

    def _served(self, ref: JobRef, path: str) -> Sequence[FileEntry]:
        return [entry for entry in self._files.list_files(ref, path) if not entry.withheld]

    def _begin(
        self, job: HasFiles, path: str, bounds: Callable[[FileEntry], Sequence[Bounds]]
    ) -> tuple[FileEntry, Sequence[Iterator[bytes]]]:
        file = self.entry(job, path)
        first, *others = (
            self._reader.pieces(job.ref, file, start, stop) for start, stop in bounds(file)
        )
        return file, [begun(first), *others]

    def existing(self, job: HasFiles, path: str) -> FileEntry | None:
        """The file, if there is one."""
        with suppress(NotFound):
            return self._files.file(job.ref, path)
        return None


def begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, of which the first has been read."""
    first = next(pieces, b"")
    return chain((first,), pieces)


class _NoFiles:
    """The files of jobs with a connector that keeps none."""

    def __init__(self, connector: str) -> None:
        self._error = NotFound(f"The connector {connector!r} keeps no files of jobs.")

    def list_files(self, ref: JobRef, path: str) -> Sequence[FileEntry]:
        """Raises ``NotFound``, as all methods do."""
        raise self._error

    def file(self, ref: JobRef, path: str) -> FileEntry:
        """See ``list_files``."""
        raise self._error

    def read_file(
        self, ref: JobRef, path: str, version: str, offset: int, limit: int, sink: Sink
    ) -> None:
        """See ``list_files``."""
        raise self._error

    def write_file(self, ref: JobRef, upload: Upload, data: bytes) -> FileEntry:
        """See ``list_files``."""
        raise self._error

    def arrived(self, ref: JobRef, path: str, uploader: str) -> int | None:
        """See ``list_files``."""
        raise self._error
