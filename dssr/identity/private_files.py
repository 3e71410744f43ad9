"""Reading files that only their owner may change: owner and mode are checked before the content."""

import os
import stat
from dataclasses import dataclass

# The mode bits that are refused. The group may read OTHERS: Kubernetes hands out secrets so.
OTHERS = 0o037
OWN = 0o077  # all but the owner's: the rule of ssh and sshd for private keys
_LARGEST = 32 * 1024 * 1024


@dataclass(frozen=True)
class Stamp:
    """What changes when a file is changed, replaced, or gets other rights."""

    inode: int
    size: int
    modified: int
    changed: int


def stamp(path: str) -> Stamp | None:
    """The file's stamp as it is now; ``None`` when the file cannot be looked at."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def read(path: str, forbidden: int) -> str:
    """The text of a file of root or the bridge's user, whose mode has no ``forbidden`` bit.

    Symbolic links are followed (Kubernetes changes secrets by them). Raises ``ValueError`` with a
    sentence that names the file and what to do.
    """
    try:
        # Without O_NONBLOCK, to open a pipe would wait for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"{path} cannot be read: {why}.") from None
    try:
        _check(path, os.fstat(handle), forbidden)
        with open(handle, "rb", closefd=False) as file:
            return file.read(_LARGEST).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no UTF-8 text.") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    finally:
        os.close(handle)


def _check(path: str, found: os.stat_result, forbidden: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path} is no regular file.")
    if found.st_mode & forbidden:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        raise ValueError(
            f"{path} holds private keys and others have rights to it (mode {mode}): 'chmod 600' it."
        )
    if found.st_uid not in (0, os.geteuid()):
        raise ValueError(
            f"{path} belongs to user id {found.st_uid}, who could change it: 'chown' it to the "
            "bridge's user."
        )
    if found.st_size > _LARGEST:
        raise ValueError(f"{path} has more than {_LARGEST // 1024 // 1024} MB.")
