"""The lock file that shows which process owns a front: its name, pid, addresses and control socket.

The kernel releases the lock when its process ends, whatever ends it: a file that is not locked is
one of the past. This holds on a local file system; on NFS a lock may exclude no other process.
"""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

from dssr.errors import Conflict, SettingsError

_REMOTE = {"nfs", "nfs4", "lustre", "gpfs", "beegfs", "cifs", "smb3", "ceph", "afs", "9p"}
# A look at the file locks it for a moment, and its owner writes a moment after it has it: attempts
# while no owner is named, attempts in any case, and seconds between them.
_UNNAMED, _NAMED, _AGAIN = 20, 3, 0.02
_MOUNTS = Path("/proc/self/mountinfo")


class FrontRuns(Conflict):
    """Another process has the front. ``owner``: what its lock file says."""

    def __init__(self, owner: dict[str, Any]) -> None:
        super().__init__(
            f"The front of {owner.get('name')} is already running, as process {owner.get('pid')}: "
            f"ask it through {owner.get('control')}."
        )
        self.owner = owner


def private_folder(folder: Path) -> Path:
    """The folder, made if it is missing. Raises ``SettingsError`` unless it is local, and no other
    user can enter it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError([f"The folder {folder} cannot be made: {error.strerror}."]) from error
    seen = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or seen.st_uid != os.geteuid():
        raise SettingsError([f"{folder} is not a folder of this user: name another one."])
    if seen.st_mode & 0o077:
        raise SettingsError([f"Other users can enter {folder}: run chmod 700 {folder}."])
    for parent in folder.resolve().parents:
        if (owner := parent.stat().st_uid) not in (0, os.geteuid()):
            raise SettingsError([f"{parent} belongs to another user ({owner}): name another one."])
    if (kind := _file_system(folder.resolve())) in _REMOTE or kind.startswith("fuse.sshfs"):
        raise SettingsError(
            [f"{folder} is on a network file system ({kind}): name a folder on a local one."]
        )
    return folder


class FrontLock:
    """Held by this process until it ends. Raises ``FrontRuns``."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        attempts = 1
        while not self._is_locked():
            owner = _content(self._file)
            if attempts >= (_NAMED if "pid" in owner else _UNNAMED):
                os.close(self._file)
                raise FrontRuns(owner)
            attempts += 1
            time.sleep(_AGAIN)
        os.truncate(self._file, 0)

    def _is_locked(self) -> bool:
        """Whether this process has the lock now."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def write(self, about: dict[str, Any]) -> None:
        """Say who holds it."""
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{json.dumps(about)}\n".encode(), 0)

    def release(self) -> None:
        """Let another process take it."""
        os.truncate(self._file, 0)
        os.close(self._file)


def owner_of(path: Path) -> dict[str, Any] | None:
    """What the lock file says of the process that holds it; ``None`` if no process does."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _content(file)
    finally:
        os.close(file)
    return None


def _content(file: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(file, 1 << 16, 0) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _file_system(folder: Path) -> str:
    """The type of the file system that a folder is on; '' where the machine does not say."""
    if not _MOUNTS.exists():
        return ""
    best, kind = "", ""
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        words, _, rest = line.partition(" - ")
        place = words.split()[4].replace("\\040", " ")
        if folder.is_relative_to(place) and len(place) >= len(best):
            best, kind = place, rest.split()[0]
    return kind
