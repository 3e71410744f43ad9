"""A directory of this machine, copied to another one by commands there: archives of the small files
that differ, and parts of the large ones."""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.shared.job_files import JobDirectory, Run, ServesJobFiles
from dssr.errors import NotFound, Unwritable
from dssr.job import JobRef
from dssr.seams import PART, Completed, CopyProgress, Purpose, Upload

_SMALL = 1 << 20  # bytes: larger files are sent in parts
_ARCHIVE = 4 << 20  # bytes of one archive
_BEGIN = """
case $1 in /*) ;; *) cd || exit ;; esac
mkdir -p -- "$1" && cd -- "$1" && pwd -P || exit
command -v rsync >/dev/null && echo rsync
exit 0
"""
_FIND = """
case $1 in /*) ;; *) cd || exit ;; esac
cd -- "$1" && pwd -P
"""
_STATS = 'cd -- "$1" && { xargs -0 stat --printf "%s %Y %Z %n\\0" -- 2>/dev/null || true; }'
_SUMS = 'cd -- "$1" && { xargs -0 sha256sum -- 2>/dev/null || true; }'
_UNPACK = 'cd -- "$1" && exec tar -xf -'
_FINISH = 'cd -- "$1" && chmod -- "$2" "$3" && touch -d "@$4" -- "$3"'
# A file that was copied so soon after it had changed may have changed again in the same second;
# and the clocks of two machines differ.
_SOON = 60  # seconds


@dataclass(frozen=True)
class Place:
    """Where the files go. ``has_rsync``: whether that machine has the program."""

    path: str
    has_rsync: bool


@dataclass(frozen=True)
class _Stat:
    """A file there. Times are in seconds since the epoch."""

    size: int
    modified: int
    arrived: int  # or its mode or name has changed since

    def is_copy_of(self, file: Path) -> bool:
        """Whether a file of the same size is the same one, as far as times show."""
        modified = int(file.stat().st_mtime)
        return self.modified == modified and self.arrived - modified > _SOON


@dataclass(frozen=True)
class Tree(ServesJobFiles):
    """A directory whose files are written and read as those of a job's directory."""

    directory: JobDirectory

    def directory_of(self, ref: JobRef) -> JobDirectory:
        """See ``ServesJobFiles``."""
        return self.directory


def place(run: Run, to: str) -> Place:
    """Make the directory. Raises ``Unwritable``."""
    done = _checked(run(_sh(_BEGIN, to), None, Purpose.SUBMIT), to)
    path, *more = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    return Place(path, "rsync" in more)


def find(run: Run, path: str) -> str:
    """The absolute path of a directory. Raises ``NotFound``."""
    done = run(_sh(_FIND, path), None, Purpose.STATUS)
    if done.returncode:
        raise NotFound(f"There is no directory {path} on the cluster that can be entered.")
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def copy(run: Run, local: Path, to: str, progress: CopyProgress) -> None:
    """Send what differs. ``to``: as ``place`` returned it."""
    changed = list(_changed(run, local, to))
    sizes = {path: _size(local / path) for path in changed}
    total, done = sum(sizes.values()), 0
    for batch in _batches([path for path in changed if sizes[path] <= _SMALL], sizes):
        _checked(run(_sh(_UNPACK, to), _archive(local, batch), Purpose.SUBMIT), to)
        done += sum(sizes[path] for path in batch)
        progress(done, total)
    tree = Tree(JobDirectory(run, to, True, (), ""))
    for path in (path for path in changed if sizes[path] > _SMALL):
        for sent in _parts(tree, local / path, path, sizes[path]):
            progress(done + sent, total)
        done += sizes[path]
        found = (local / path).stat()
        words = (f"{found.st_mode & 0o777:o}", path, f"{int(found.st_mtime)}")
        _checked(run(_sh(_FINISH, to, *words), None, Purpose.SUBMIT), to)


def _changed(run: Run, local: Path, to: str) -> Iterator[str]:
    """The files and links that are not there yet, or differ."""
    found = list(_files(local))
    there = _stats(run(_sh(_STATS, to), _names(found), Purpose.STATUS))
    same_size = {
        path
        for path in found
        if path in there
        and not (local / path).is_symlink()
        and (local / path).stat().st_size == there[path].size
    }
    doubtful = sorted(path for path in same_size if not there[path].is_copy_of(local / path))
    sums = _sums(run(_sh(_SUMS, to), _names(doubtful), Purpose.STATUS)) if doubtful else {}
    changed = {path for path in doubtful if sums.get(path) != _sum(local / path)}
    yield from (path for path in found if path not in same_size or path in changed)


def _names(paths: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def _files(local: Path) -> Iterator[str]:
    for place, directories, names in os.walk(local, onerror=_fail):
        directories.sort()
        links = [name for name in directories if os.path.islink(os.path.join(place, name))]
        for name in sorted([*names, *links]):
            path = Path(place, name)
            if path.is_symlink() or path.is_file():
                yield path.relative_to(local).as_posix()


def _fail(error: OSError) -> None:
    raise error


def _stats(done: Completed) -> Mapping[str, _Stat]:
    rows = (row.split(" ", 3) for row in done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    return {row[3]: _Stat(*map(int, row[:3])) for row in rows if len(row) == 4}


def _sums(done: Completed) -> Mapping[str, str]:
    rows = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    # A row that begins with a backslash has a name with a line end in it: it is sent again.
    pairs = (row.partition("  ") for row in rows if not row.startswith("\\"))
    return {name: value for value, _, name in pairs}


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return 0 if path.is_symlink() else path.stat().st_size


def _batches(paths: Sequence[str], sizes: Mapping[str, int]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    for path in paths:
        batch.append(path)
        if sum(sizes[one] + 1024 for one in batch) > _ARCHIVE:
            yield batch
            batch = []
    if batch:
        yield batch


def _archive(local: Path, paths: Sequence[str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in paths:
            archive.add(local / path, path, recursive=False, filter=_without_owner)
    return made.getvalue()


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _parts(tree: Tree, file: Path, path: str, size: int) -> Iterator[int]:
    """Send a file in parts; how much has been sent after each."""
    uploader = f"copy-{file.stat().st_mtime_ns}"
    with file.open("rb") as source:
        for offset in range(0, size, PART):
            data = source.read(PART)
            tree.write_file(
                JobRef("", 0), Upload(path, offset, len(data), size, True, uploader), data
            )
            yield offset + len(data)


def _sh(text: str, *words: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text, "dssr", *words)


def _checked(done: Completed, to: str) -> Completed:
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise Unwritable(f"{to} cannot be written on the cluster: {words}")
    return done
