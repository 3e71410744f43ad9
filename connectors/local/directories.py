"""A directory of this machine, as a listing, within the places that belong to jobs."""

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from dssr.errors import Denied, NotFound
from dssr.seams import DirectoryEntry


def listing(path: str, roots: Iterable[Path]) -> Sequence[DirectoryEntry]:
    """The directory itself, then its directories, then its files, each by name; symbolic links and what is neither (sockets,
    devices) are left out.

    ``Denied``: the path, with its symbolic links followed, is outside the roots. ``NotFound``: it is no directory that this
    user may read.
    """
    try:
        real = Path(os.path.realpath(path)) if path.startswith("/") else None
    except (OSError, ValueError):  # a NUL in it, a loop of links
        real = None
    if real is None:
        raise NotFound(f"{path[:200]!r} is no absolute path: give one that begins with '/'.")
    if not any(real.is_relative_to(os.path.realpath(root)) for root in roots):
        raise Denied(f"{path[:200]!r} is outside what may be listed: the user's home and the scratch directories.")
    try:
        return _entries(real)
    except OSError as error:
        raise NotFound(f"{path[:200]!r} cannot be listed: {error.strerror or error}.") from error


def _entries(directory: Path) -> Sequence[DirectoryEntry]:
    found = []
    with os.scandir(directory) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # it went away in the meantime
                found += _entry(entry.path, entry.stat(follow_symlinks=False))
    found.sort(key=lambda entry: (not entry.is_directory, entry.path))
    return [*_entry(str(directory), os.stat(directory)), *found]


def _entry(path: str, status: os.stat_result) -> list[DirectoryEntry]:
    is_directory = stat.S_ISDIR(status.st_mode)
    if not is_directory and not stat.S_ISREG(status.st_mode):
        return []
    shown = os.fsencode(path).decode("utf-8", "replace")
    return [DirectoryEntry(shown, is_directory, status.st_size, int(status.st_mtime))]
