"""Files of masters that have ended, in the directory of the control sockets."""

import contextlib
import os
import re
import shutil
import stat
import time
from collections import defaultdict
from collections.abc import Callable

from connectors.transports.openssh import program
from connectors.transports.openssh.directory import OWN, PrivateDirectory

_AGE = 3600.0  # seconds since anything changed: a master without sessions stays for 10 minutes
_NAME = re.compile(r"([0-9a-f]{16})(?:\.(?:log|lock|refused|\d+))?", re.ASCII)


def remove(directory: PrivateDirectory, now: Callable[[], float] = time.time) -> None:
    """Remove the files of each master that has ended, and directories that processes have left.

    What another process uses at this moment stays.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for entry in os.scandir(os.path.dirname(directory.path(""))):
        if now() - entry.stat(follow_symlinks=False).st_mtime < _AGE:
            groups[entry.name[:16]].append("")  # a young file keeps all of its master
        elif match := _NAME.fullmatch(entry.name):
            groups[match[1]].append(entry.name)
        elif entry.name.startswith(OWN) and not _has_master(entry.path):
            shutil.rmtree(entry.path, ignore_errors=True)
    for name, files in groups.items():
        if "" not in files and not _lives(directory.path(name)):
            _remove(directory, name, files)


def _remove(directory: PrivateDirectory, name: str, files: list[str]) -> None:
    """Unless a process is about to start this master. The lock is the last file that goes."""
    handle = directory.try_lock(f"{name}.lock")
    if handle is None:
        return
    try:
        for file in (*(each for each in files if each != f"{name}.lock"), f"{name}.lock"):
            directory.remove(file)
    finally:
        os.close(handle)


def _has_master(path: str) -> bool:
    with contextlib.suppress(OSError):
        return any(_lives(entry.path) for entry in os.scandir(path))
    return False


def _lives(socket: str) -> bool:
    """Whether a master answers there; one that does not end in time may."""
    try:
        return stat.S_ISSOCK(os.lstat(socket).st_mode) and not program.control(socket, "check")[0]
    except FileNotFoundError:
        return False
    except program.Unanswered:
        return True
