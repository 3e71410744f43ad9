"""Which bridges use a services port: each holds a shared lock, which ends with its process."""

import fcntl
import os
from pathlib import Path

_NAME = "_port.used"


class Presence:
    """This process uses the services port whose files are in that folder, until it is released."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(folder / _NAME, flags, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        """Use it no more."""
        os.close(self._file)


def is_used(folder: Path) -> bool:
    """Whether any process uses the services port."""
    try:
        file = os.open(folder / _NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
