"""The files of jobs: listed, read and written by one shell program for every connector.

The files may be on another machine, and their symbolic links are followed there. What may be served
is decided there too, for what was opened.
"""

import hashlib
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from dssr.errors import (
    BadRequest,
    Conflict,
    Denied,
    DssrError,
    NoSpace,
    NotFound,
    Unavailable,
    Unwritable,
)
from dssr.job import JobRef
from dssr.seams import PART, SECRET, Completed, FileEntry, Purpose, Sink, Upload

_PATIENCE = 35  # looks, three seconds in all, by which a part waits for the one before it
_NO_SPACE = ("No space left on device", "Disk quota exceeded")  # the system's words (C locale)
# Why something in a directory is not served, by what job_files.sh calls it.
_WITHHELD = {
    "k": "is a key or holds credentials, by its name",
    "o": "is a link to what is not served, or to nothing",
    "p": "is a pipe",
}


class Run(Protocol):
    """Runs a command where the files are, as their owner."""

    def __call__(
        self,
        argv: Sequence[str],
        input: bytes | None,
        purpose: Purpose,
        sink: Sink | None = None,
    ) -> Completed:
        """See ``dssr.seams.Transport.run``."""
        ...


@dataclass(frozen=True)
class JobDirectory:
    """A job's working directory, and what else of its files may be served."""

    run: Run
    path: str
    is_own: bool  # it was made for this job, and may be served wherever it is
    roots: Sequence[str]  # what else may be served; '' is the owner's home directory
    state_dir: str  # of the bridge, which is never served; '' is the usual one


class ServesJobFiles(ABC):
    """A connector's part that serves files: see ``dssr.seams.ServesFiles``."""

    @abstractmethod
    def directory_of(self, ref: JobRef) -> JobDirectory:
        """The job's working directory. Raises ``NotFound`` for a job that is not known, or has no
        directory that is kept."""

    def list_files(self, ref: JobRef, path: str) -> Sequence[FileEntry]:
        """See ``dssr.seams.ServesFiles``. A symbolic link is what it leads to."""
        done = self._done(ref, path, "list")
        rows = done.stdout.decode("utf-8", "surrogateescape").split("\0")
        found = [_entry(row, path) for row in rows if row]
        return sorted(found, key=lambda entry: (not entry.is_directory, entry.path))

    def file(self, ref: JobRef, path: str) -> FileEntry:
        """See ``dssr.seams.ServesFiles``."""
        return _only(self._done(ref, path, "file"), path)

    def read_file(
        self, ref: JobRef, path: str, version: str, offset: int, limit: int, sink: Sink
    ) -> None:
        """See ``dssr.seams.ServesFiles``."""
        device, inode, size, modified = version.split(":")
        if offset >= int(size) or limit <= 0:
            return
        expected = f"f {device} {inode} {size} {modified} "
        limit = min(limit, PART, int(size) - offset)
        words = ("read_part", expected, str(offset), str(limit))
        _run(self.directory_of(ref), path, *words, sink=sink)

    def write_file(self, ref: JobRef, upload: Upload, data: bytes) -> FileEntry:
        """See ``dssr.seams.ServesFiles``. Directories on the way to the file are made."""
        path, numbers = upload.path, (upload.offset, len(data), upload.total)
        mark = f"{_part(path, upload.uploader)}.{upload.total}"
        patience = _PATIENCE if upload.follows else 0
        flags = ("yes" if flag else "" for flag in (upload.overwrite, upload.is_program))
        words = (mark, *map(str, numbers), *flags, str(patience))
        return _only(self._done(ref, path, "write_part", *words, data=data), path)

    def arrived(self, ref: JobRef, path: str, uploader: str) -> int | None:
        """See ``dssr.seams.ServesFiles``."""
        directory = self.directory_of(ref)
        try:
            return _only(_run(directory, path, "arrived", _part(path, uploader)), path).size
        except NotFound:
            return None

    def _done(self, ref: JobRef, path: str, *words: str, data: bytes | None = None) -> Completed:
        return _run(self.directory_of(ref), path, *words, data=data)


def check_path(path: str) -> None:
    """Raise ``BadRequest`` for a path that no file of a job can have, and ``Denied`` for one whose
    '..' lead out of the job's working directory."""
    if path.startswith("/"):
        raise BadRequest(
            f"{path[:200]!r} is no path of a job's file: leave out the '/' at its beginning, "
            "because paths begin in the job's working directory."
        )
    if "\0" in path:
        raise BadRequest(f"{path[:200]!r} is no path: no name has a NUL character.")
    if posixpath.normpath(path).partition("/")[0] == "..":
        raise Denied(
            f"{path[:200]!r} is not served: '..' leads out of the job's working directory, and "
            "paths stay below it."
        )


def _run(
    directory: JobDirectory,
    path: str,
    *words: str,
    data: bytes | None = None,
    sink: Sink | None = None,
) -> Completed:
    check_path(path)
    action = (*words, *[""] * 8)[:8]
    paths = (directory.path, path, directory.state_dir, "/".join(SECRET))
    own = directory.path if directory.is_own else ""
    argv = ("/bin/sh", "-c", _text(), "dssr", *action, *paths, own, *directory.roots)
    purpose = Purpose.OUTPUT if data is None else Purpose.UPLOAD
    done = directory.run(argv, data, purpose, sink)
    said = done.stderr.decode("utf-8", "replace").rstrip("\n").rpartition("\n")[2]
    verdict, _, rest = said.partition(" ")
    if verdict != "found":
        raise _error(path[:200] or directory.path, verdict, rest)
    return done


def _error(path: str, verdict: str, words: str) -> DssrError:
    if verdict == "outside":
        return Denied(
            f"{path!r} is not served: only files and directories in the working directory that a "
            "job got and in JARVICE_PVCLS_ROOTS are, without keys and the bridge's own state."
        )
    if verdict == "elsewhere":
        return Denied(
            f"{path!r} is not written: files are written below the job's working directory alone, "
            "and neither keys nor the bridge's own state are."
        )
    if verdict == "absent":
        return NotFound(f"Nothing to show at {path!r} on the cluster: {words}.")
    if verdict == "refused":
        message = f"{path!r} could not be written on the cluster: {words}."
        if words in _NO_SPACE:
            return NoSpace(f"{message} Make room there, and send the same part again.")
        return Unwritable(message)
    conflicts = {
        "changed": "has changed since: read it again from its beginning.",
        "exists": "is there already, and was not overwritten.",
        "directory": "is a directory, and cannot be overwritten: write a file in it.",
        "gap": f"has arrived up to byte {words}: send the part that begins there.",
    }
    if verdict in conflicts:
        return Conflict(f"{path!r} {conflicts[verdict]}")
    return Unavailable(f"The files of jobs could not be used: {verdict} {words}".rstrip())


def _only(done: Completed, path: str) -> FileEntry:
    row = done.stdout.decode("utf-8", "surrogateescape").rstrip("\0")
    return _entry(row, path)


def _entry(row: str, path: str) -> FileEntry:
    kind, device, inode, size, modified, name = row.split(" ", 5)
    withheld = "" if kind in "fd" else _WITHHELD.get(kind, "is a device or a socket")
    seconds, _, fraction = modified.partition(".")
    modified = f"{seconds}.{fraction[:9]}"  # find(1) prints a digit more than stat(1)
    return FileEntry(
        posixpath.join(path.rstrip("/"), name).rstrip("/"),
        kind == "d",
        int(size),
        float(modified),
        f"{device}:{inode}:{size}:{modified}",
        f"{device}:{inode}",
        withheld,
    )


def _part(path: str, uploader: str) -> str:
    """The name that a file has until it is complete, but for its size and how much has arrived:
    parts of other uploaders, and of files of other sizes, are not mixed with its own. The file's
    own name may be as long as names can be."""
    words = f"{uploader}/{posixpath.basename(path)}".encode("utf-8", "surrogateescape")
    return f".dssr-upload.{hashlib.sha256(words).hexdigest()[:32]}"


@cache
def _text() -> str:
    directory = files("connectors.shared")
    names = ("inside", "job_uploads", "job_files")
    return "".join((directory / f"{name}.sh").read_text() for name in names)
