"""Files that are either whole or not there, and locks that end with the process that holds them."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dssr.errors import Unavailable


def write(path: Path, data: bytes) -> None:
    """Put ``data`` there, mode 600, in place of what was there before.

    After success it survives a loss of power; after any failure (``OSError``) the old file is
    unchanged.
    """
    with _written(path, data) as temporary:
        os.rename(temporary, path)


def write_json(path: Path, value: object) -> None:
    """``write`` for a value that JSON can hold."""
    write(path, json.dumps(value).encode())


def create(path: Path, data: bytes = b"") -> None:
    """``write`` for a file that is not there yet. Raises ``FileExistsError``: of several callers
    one wins."""
    with _written(path, data) as temporary:
        os.link(temporary, path)
        os.unlink(temporary)


def read(path: Path) -> bytes | None:
    """What the file holds; ``None`` where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def read_json(path: Path) -> Any:
    """The value that the file holds; ``None`` where there is none."""
    data = read(path)
    return None if data is None else json.loads(data)


def try_lock(path: Path) -> int | None:
    """Take the lock of that file and return its descriptor, or ``None`` when another process or
    thread has it.

    The lock lasts until the descriptor and all that were inherited from it are closed (flock(2)),
    so there are no stale locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock of that file. Raises ``Unavailable`` when it is not free in ``timeout``
    seconds."""
    deadline = time.monotonic() + timeout
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise Unavailable(
                f"The lock {path} has been held by another process for {timeout:g} s; try again."
            )
        time.sleep(0.005)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _written(path: Path, data: bytes) -> Iterator[str]:
    """A file with that content next to the path, for the caller to give it its name."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
