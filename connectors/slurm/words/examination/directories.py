"""What the script ``directories`` prints -> the state and the scratch directory. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Lines = Mapping[str, Sequence[str]]

# File systems of one host alone, by stat(1)'s words.
_LOCAL = ("tmpfs", "ramfs")


@dataclass(frozen=True)
class Directory:
    """One of the two directories. ``own``: the examination's own place in it; ``made``: what was
    missing on the way there, the deepest first; ``why``: why nothing can be written, if so, and
    ``barrier``: mode, owner and path of what is there on the way to it;
    ``free_kb``, ``free_files``: ``None`` where the file system does not say."""

    path: str
    own: str
    made: Sequence[str]
    why: str
    kind: str
    free_kb: int | None
    free_files: int | None
    barrier: Sequence[str] = ()

    @property
    def is_of_one_host(self) -> bool:
        """Whether the file system is in the memory of one host."""
        return self.kind in _LOCAL


@dataclass(frozen=True)
class Directories:
    """Both, and what is left of earlier jobs: ``jobs`` have a directory in the state directory,
    ``lost`` have lost what was in it, and of ``dangling`` only the name is left."""

    state: Directory
    scratch: Directory
    jobs: int = 0
    lost: int = 0
    dangling: int = 0

    @property
    def are_writable(self) -> bool:
        """Whether files can be written in both."""
        return not (self.state.why or self.scratch.why)


def directories(lines: Lines) -> Directories:
    """From the script's lines, by their first word."""
    numbers = (_number(lines, name) or 0 for name in ("jobs", "lost", "dangling"))
    return Directories(_directory(lines, "state"), _directory(lines, "scratch"), *numbers)


def _directory(lines: Lines, which: str) -> Directory:
    def said(name: str) -> str:
        return next(iter(lines.get(f"{which}.{name}", ())), "")

    return Directory(
        path=said("path"),
        own=said("own"),
        made=tuple(lines.get(f"{which}.made", ())),
        why=said("why") if said("path") else "the login node did not say what it has",
        kind=said("kind"),
        free_kb=_number(lines, f"{which}.free"),
        free_files=_number(lines, f"{which}.files"),
        barrier=tuple(said("barrier").split(maxsplit=2)),
    )


def _number(lines: Lines, name: str) -> int | None:
    word = next(iter(lines.get(name, ())), "")
    return int(word) if word.isdecimal() else None
