"""Logins by a provider that have begun: what the bridge must still know when the user comes back.

The state is in the address that leads back, and the browser that began the login has a secret of
its own in a cookie: an address that someone else sends logs no one in. Each can be used once.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dssr.access import private_directory

VALID = 600  # seconds
_MOST = 2000  # logins
_LARGEST = 64 * 1024 * 1024  # bytes of all of them
_SMALL = 8 * 1024  # bytes of one without a form: forms of one address push out none of those
_TEXT = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Pending:
    """A login that has begun. ``kept``: the fields of a form that are to be back after it."""

    nonce: str
    verifier: str
    next: str  # the path that the login leads to
    kept: Mapping[str, str] = field(repr=False)
    browser: str = ""  # the hash of the browser's secret
    begun: float = 0.0


class PendingLogins:
    """Those in a directory, for all processes that use it. Of too many, the oldest are dropped."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._directory, self._clock = directory / "logins", clock
        self._directory.mkdir(mode=0o700, exist_ok=True)

    def begin(self, next_path: str, kept: Mapping[str, str], secret: str) -> tuple[str, Pending]:
        """A login of the browser with that secret: its state, and what is kept."""
        self._sweep()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        pending = Pending(nonce, verifier, next_path, kept, _hash(secret), self._clock())
        data = json.dumps(asdict(pending)).encode()
        private_directory.write(self._directory / _hash(state), data)
        return state, pending

    def find(self, state: str, secret: str) -> Pending | None:
        """What was kept; ``None`` unless this browser has begun the login, not long ago."""
        if not _TEXT.fullmatch(state):
            return None
        pending = self._read(self._directory / _hash(state))
        if pending is None or not hmac.compare_digest(pending.browser, _hash(secret)):
            return None
        return pending

    def take(self, state: str, secret: str) -> Pending | None:
        """The same, once."""
        pending = self.find(state, secret)
        if pending is None:
            return None
        try:
            (self._directory / _hash(state)).unlink()  # of two at once, one succeeds
        except FileNotFoundError:
            return None
        return pending

    def _read(self, path: Path) -> Pending | None:
        try:
            pending = Pending(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return pending if 0 <= self._clock() - pending.begun <= VALID else None

    def _sweep(self) -> None:
        """Remove what is too old, and the oldest of too many."""
        found = []
        for entry in os.scandir(self._directory):
            try:
                about = entry.stat()
            except FileNotFoundError:  # taken
                continue
            found.append((about.st_mtime, about.st_size, Path(entry.path)))
        found.sort(reverse=True)
        size = 0
        for nth, (modified, bytes_, path) in enumerate(found, 1):
            size += bytes_
            is_too_much = size > _LARGEST and bytes_ > _SMALL
            if nth >= _MOST or is_too_much or self._clock() - modified > VALID:
                path.unlink(missing_ok=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
