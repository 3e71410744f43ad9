"""The secret of a bridge, from which the tokens of its services follow."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from dssr.errors import Unavailable

_LENGTH = 32  # bytes


def secret_in(directory: Path) -> bytes:
    """The secret that is kept there, so that addresses stay the same; made if there is none. Raises
    ``Unavailable``."""
    path = directory / "secret"
    try:
        if not path.exists():
            _make(path)
        found = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"The secret {path} cannot be kept: {error.strerror}.") from error
    if len(found) != _LENGTH:
        raise Unavailable(
            f"{path} is not a secret of {_LENGTH} bytes: remove it. The addresses of services get "
            "other tokens then."
        )
    return found


def _make(path: Path) -> None:
    """The file appears with all its bytes, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster
            os.link(fresh, path)
    finally:
        os.unlink(fresh)
