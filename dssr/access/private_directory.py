"""A directory of the bridge's own user, whose files no other user reads."""

import os
import stat
from pathlib import Path

from dssr.errors import SettingsError

_USUAL = "~/.local/state/dssr/web"


def make(path: str) -> Path:
    """The directory, which is made if it does not exist; ``path``: empty for the usual one.

    Raises ``SettingsError`` when it cannot be made, or is not this user's alone.
    """
    directory = Path(path or _USUAL).expanduser()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.stat()
    except (OSError, RuntimeError) as error:
        raise _bad(directory, f"cannot be made: {error}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise _bad(directory, "is no directory")
    if found.st_uid != os.geteuid():
        raise _bad(directory, "belongs to another user")
    if mode := stat.S_IMODE(found.st_mode) & 0o077:
        raise _bad(directory, f"is open to others (0{mode:o}): 'chmod 700' it")
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise _bad(directory, "cannot be written")
    return directory


def write(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 that is there as a whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def write_first(path: Path, data: bytes) -> None:
    """The same for a file that several processes may write: the first one's stays."""
    own = path.with_name(f".{path.name}.first.{os.urandom(4).hex()}")
    write(own, data)
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()


def _bad(directory: Path, what: str) -> SettingsError:
    return SettingsError([f"The portal's directory, {directory} (JARVICE_WEB_STATE), {what}."])
