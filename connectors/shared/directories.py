"""Listing a directory of the jobs' files, within the places that the operator allows.

The rule is one shell program for every connector: the directory may be on another machine, and its
symbolic links are followed there. No I/O of its own.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from dssr.errors import Denied, NotFound
from dssr.seams import Completed, DirectoryEntry
from dssr.settings import Settings

_UNREADABLE = "its listing could not be read"


def roots(settings: Settings) -> tuple[str, ...]:
    """The directories that may be listed, with all that is in them; an empty one is the user's home
    directory."""
    scratch = (settings.scratch_dir, settings.global_scratch_dir)
    return settings.pvcls_roots or ("", *(directory for directory in scratch if directory))


def command(path: str, roots: Sequence[str]) -> tuple[str, ...]:
    """The words of a command that lists ``path`` if that, with its symbolic links followed, is in
    one of the ``roots``."""
    return ("/bin/sh", "-c", _text(), "dssr", path, *roots)


def entries(path: str, done: Completed) -> Sequence[DirectoryEntry]:
    """The entries that the command found: the directory itself, then its directories, then its
    files, each by name.

    Symbolic links, sockets and devices are left out; in names that are not UTF-8 the bad bytes are
    replaced. Raises ``Denied`` when the path leads out of the roots, without a word about what is
    there, and ``NotFound`` when it is no directory that the user may read.
    """
    verdict, *rows = done.stdout.decode("utf-8", "replace").split("\0")
    if verdict == "outside":
        raise Denied(
            f"{path[:200]!r} is outside what may be listed: JARVICE_PVCLS_ROOTS names the "
            "directories that may be."
        )
    if verdict != "inside":
        reason = verdict.removeprefix("absent ").rpartition(": ")[2] or _UNREADABLE
        raise NotFound(f"Nothing to show at {path[:200]!r} on the cluster: {reason}.")
    found = [_entry(path.rstrip("/"), row) for row in rows if row]
    return sorted(
        found,
        key=lambda entry: (
            entry.path != (path.rstrip("/") or "/"),
            not entry.is_directory,
            entry.path,
        ),
    )


def _entry(directory: str, row: str) -> DirectoryEntry:
    kind, modified, size, name = row.split(" ", 3)
    path = f"{directory}/{name}" if name else directory or "/"
    return DirectoryEntry(path, kind == "d", int(size), int(float(modified)))


@cache
def _text() -> str:
    directory = files("connectors.shared")
    return "".join((directory / f"{name}.sh").read_text() for name in ("inside", "list_directory"))
