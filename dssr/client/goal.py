"""Where a download goes on this machine: to no other directory, and never in place of a file that
differs, unless it may overwrite."""

import errno
import filecmp
import os
from pathlib import Path

from dssr.client.errors import BadRequest


def goal_of(to: str | os.PathLike[str], name: str) -> Path:
    """Where a file goes: into a directory, or under the name ``to``. A name that a bridge has given
    leads to no other directory. Raises ``FileNotFoundError`` where the directory is missing."""
    goal = Path(to)
    if goal.is_dir():
        if name in ("", "..") or "/" in name or "\0" in name:
            raise BadRequest(f"{name!r} can be no name of a file: give the file another name here.")
        return goal / name
    if not goal.parent.is_dir():
        number = errno.ENOTDIR if goal.parent.exists() else errno.ENOENT
        raise OSError(number, os.strerror(number), str(goal.parent))
    return goal


def refuse_size(goal: Path, size: int | None) -> None:
    """Raise ``FileExistsError`` where there is a file of another size already."""
    if size is not None and goal.is_file() and goal.stat().st_size != size:
        raise _differs(goal)


def place(part: Path, goal: Path, *, overwrite: bool) -> None:
    """Give what is complete its name. Without ``overwrite``: raises ``FileExistsError`` where there
    is a file that differs; the part is removed."""
    if overwrite or not goal.exists():
        part.replace(goal)
        return
    is_same = goal.is_file() and filecmp.cmp(part, goal, shallow=False)
    part.unlink()
    if not is_same:
        raise _differs(goal)


def _differs(goal: Path) -> FileExistsError:
    words = "this file is there already and differs from the job's: 'overwrite' replaces it"
    return FileExistsError(errno.EEXIST, words, str(goal))
