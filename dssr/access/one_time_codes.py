"""Codes that log in once: who can write to the portal's directory is the bridge's own user."""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from dssr.access import private_directory

VALID = 60  # seconds
_CODE = re.compile(r"[A-Za-z0-9_-]{32}")


class OneTimeCodes:
    """The codes in a directory, for all processes that use it."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._directory = directory / "codes"
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._clock = clock

    def make(self) -> str:
        """A code, which is valid for ``VALID`` seconds."""
        self._sweep()
        code = secrets.token_urlsafe(24)
        private_directory.write(self._directory / _name(code), str(self._clock()).encode())
        return code

    def redeem(self, code: str) -> bool:
        """Whether the code is valid; it is not any more afterwards."""
        if not is_code(code):
            return False
        path = self._directory / _name(code)
        taken = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.rename(taken)  # of two at once, one gets it
            return self._is_young(taken)
        except OSError:
            return False
        finally:
            taken.unlink(missing_ok=True)

    def _is_young(self, path: Path) -> bool:
        return 0 <= self._clock() - float(path.read_text("ascii")) <= VALID

    def _sweep(self) -> None:
        for name in os.listdir(self._directory):
            path = self._directory / name
            try:
                if not self._is_young(path):
                    path.unlink(missing_ok=True)
            except (OSError, ValueError):
                continue


def is_code(text: str) -> bool:
    """Whether a text has the form of a code."""
    return _CODE.fullmatch(text) is not None


def _name(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[:32]
