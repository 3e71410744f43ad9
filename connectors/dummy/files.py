"""Files of jobs that run nowhere: in the bridge's memory, for trying out the API.

Each job begins with one file of results. There are no links, and no rights.
"""

import posixpath
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count

from connectors.shared.job_files import check_path
from dssr.errors import Conflict, Denied, NoSpace, NotFound, Unwritable
from dssr.job import JobRef
from dssr.seams import SECRET, FileEntry, Sink, Upload

RESULTS = b"step,energy\n1,-74.1\n2,-74.9\n3,-75.0\n"
_MOST = 64 << 20  # bytes of all jobs together
_PATIENCE = 300  # hundredths of a second for which a part waits for the one before it
_versions = count(1)


@dataclass
class _File:
    data: bytes
    modified: float  # seconds since the epoch
    version: int = field(default_factory=lambda: next(_versions))


class Folder:
    """The files of one job, by their paths. ``unfinished``: what has arrived of others, by their
    paths and uploaders."""

    def __init__(self, now: float = 0.0) -> None:
        self.files = {"results.csv": _File(RESULTS, now)}
        self.unfinished: dict[tuple[str, str], _File] = {}

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(file.data) for file in (*self.files.values(), *self.unfinished.values()))

    def entries(self, path: str) -> Iterator[FileEntry]:
        """The directories, then the files, of a directory."""
        start = f"{path}/" if path else ""
        below = [name for name in self.files if name.startswith(start)]
        if path and not below:
            raise _nothing(path)
        names = {name[len(start) :].partition("/")[0] for name in below}
        paths = sorted(f"{start}{name}" for name in names)
        yield from (self.entry(each) for each in paths if each not in self.files)
        yield from (self.entry(each) for each in paths if each in self.files)

    def entry(self, path: str) -> FileEntry:
        """A file or a directory."""
        if (file := self.files.get(path)) is not None:
            return _entry(path, file)
        below = [file for name, file in self.files.items() if name.startswith(f"{path}/")]
        if path and not below:
            raise _nothing(path)
        modified = max((file.modified for file in below or self.files.values()), default=0.0)
        return FileEntry(path, True, 0, modified, f"directory {path}", path)


class ServesMemoryFiles(ABC):
    """The dummy connector's part that serves files: see ``dssr.seams.ServesFiles``."""

    @abstractmethod
    def folder(self, ref: JobRef) -> Folder:
        """The files of a job. Raises ``NotFound`` for one that is not known."""

    @abstractmethod
    def now(self) -> float:
        """Seconds since the epoch."""

    @abstractmethod
    def bytes_of_files(self) -> int:
        """Bytes of the files of all jobs."""

    def list_files(self, ref: JobRef, path: str) -> Sequence[FileEntry]:
        """See ``dssr.seams.ServesFiles``."""
        return list(self.folder(ref).entries(_inside(path)))

    def file(self, ref: JobRef, path: str) -> FileEntry:
        """See ``dssr.seams.ServesFiles``."""
        return self.folder(ref).entry(_inside(path))

    def read_file(
        self, ref: JobRef, path: str, version: str, offset: int, limit: int, sink: Sink
    ) -> None:
        """See ``dssr.seams.ServesFiles``."""
        file = self.folder(ref).files.get(_inside(path))
        if file is None:
            raise _nothing(path)
        if version != str(file.version):
            raise Conflict(f"{path[:200]!r} has changed since: read it again from its beginning.")
        sink(0, file.data[offset : offset + limit])

    def write_file(self, ref: JobRef, upload: Upload, data: bytes) -> FileEntry:
        """See ``dssr.seams.ServesFiles``."""
        folder, path = self.folder(ref), _inside(upload.path)
        key = path, upload.uploader
        for _ in range(_PATIENCE if upload.follows else 0):
            if key in folder.unfinished and upload.offset <= len(folder.unfinished[key].data):
                break
            time.sleep(0.01)
        part = folder.unfinished.get(key) or _File(b"", self.now())
        if upload.offset > len(part.data):
            raise Conflict(
                f"{path[:200]!r} has arrived up to byte {len(part.data)}: send the part that begins"
                " there."
            )
        _check_name(folder, path, upload.overwrite)
        if self.bytes_of_files() + len(data) > _MOST:
            raise NoSpace(f"{path[:200]!r} could not be written: no space left in memory.")
        written = _File(part.data[: upload.offset] + data, self.now())
        folder.unfinished[key] = written
        if len(written.data) == upload.total:
            folder.files[path] = folder.unfinished.pop(key)
        return _entry(path, written)

    def arrived(self, ref: JobRef, path: str, uploader: str) -> int | None:
        """See ``dssr.seams.ServesFiles``."""
        part = self.folder(ref).unfinished.get((_inside(path), uploader))
        return None if part is None else len(part.data)


def _check_name(folder: Folder, path: str, overwrite: bool) -> None:
    if any(name.startswith(f"{path}/") for name in folder.files) or not path:
        raise Conflict(f"{path[:200]!r} is a directory, and cannot be overwritten.")
    if path in folder.files and not overwrite:
        raise Conflict(f"{path[:200]!r} is there already, and was not overwritten.")
    parents = path.split("/")[:-1]
    if any("/".join(parents[: n + 1]) in folder.files for n in range(len(parents))):
        raise Unwritable(f"{path[:200]!r} could not be written: Not a directory.")


def _inside(path: str) -> str:
    """The path without '.' and '..'. Raises ``Denied`` where it leads out, or to a key."""
    check_path(path)
    found = posixpath.normpath(path) if path else ""
    parts = [] if found == "." else found.split("/")
    if ".." in parts or any(fnmatchcase(part, one) for part in parts for one in SECRET):
        raise Denied(f"{path[:200]!r} is not served: only the job's own files are, without keys.")
    return "/".join(parts)


def _entry(path: str, file: _File) -> FileEntry:
    return FileEntry(path, False, len(file.data), file.modified, str(file.version), path)


def _nothing(path: str) -> NotFound:
    return NotFound(f"Nothing to show at {path[:200]!r}: No such file or directory.")
