"""What keeps logins by a provider: their refresh tokens, each encrypted with the id of its session,
which only the user's browser has. Who reads the directory can use none of them.
"""

import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dssr.access import private_directory
from dssr.errors import Unavailable

log = logging.getLogger(__name__)
PAUSE = 30.0  # seconds after the provider did not answer, in which it is not asked again
_NONCE = 12  # bytes: NIST SP 800-38D, 8.2
_LOCK = ".lock"


@dataclass(frozen=True)
class Kept:
    """What keeps one login. ``due``: when the provider is asked again, in seconds since the epoch;
    ``silent``: since when it has not answered, or 0."""

    token: str
    subject: str
    due: float
    silent: float = 0.0


class RefreshTokens:
    """Those of all sessions, in a directory that several processes may use."""

    def __init__(
        self,
        directory: Path,
        refresh: Callable[[Kept], Kept],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``refresh`` asks the provider. It raises ``Denied`` and ``Unavailable``."""
        self._directory, self._refresh, self._clock = directory / "refresh", refresh, clock
        self._directory.mkdir(mode=0o700, exist_ok=True)

    def keep(self, id: str, key: str, kept: Kept) -> None:
        """Keep the token of a session. ``key``: of the session's file."""
        data = json.dumps(asdict(kept)).encode()
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(_cipher_key(id)).encrypt(nonce, data, key.encode())
        private_directory.write(self._directory / key, sealed)

    def end(self, key: str) -> None:
        """Forget the token of a session."""
        for name in (key, key + _LOCK):
            (self._directory / name).unlink(missing_ok=True)

    def sweep(self, is_session: Callable[[str], bool]) -> None:
        """Forget the tokens of sessions that have ended by themselves."""
        for key in {name.removesuffix(_LOCK) for name in os.listdir(self._directory)}:
            if not key.startswith(".") and not is_session(key):
                self.end(key)

    def find(self, id: str, key: str) -> Kept | None:
        """What keeps the login of a session; ``None`` where nothing does."""
        try:
            sealed = (self._directory / key).read_bytes()
            cipher = AESGCM(_cipher_key(id))
            data = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], key.encode())
            return Kept(**json.loads(data))
        except (OSError, InvalidTag, ValueError, TypeError):
            return None

    def is_due(self, kept: Kept) -> bool:
        """Whether the provider is to be asked."""
        return self._clock() >= kept.due

    def renew(self, id: str, key: str) -> None:
        """Ask the provider whether the login is still good. Of several threads and processes at
        once, one asks: a provider takes a refresh token once.

        Raises ``Denied`` when the login is over, and ``OSError`` when its token cannot be kept,
        before that is used.
        """
        with self._locked(key) as is_mine:
            kept = self.find(id, key)  # another one may have asked meanwhile
            if is_mine and kept and self.is_due(kept):
                self.keep(id, key, kept)  # on a full disk, the next token would be lost
                self.keep(id, key, self._asked(kept))

    def _asked(self, kept: Kept) -> Kept:
        try:
            return self._refresh(kept)
        except Unavailable as error:
            log.warning("A login cannot be checked: %s", error.message)
            now = self._clock()
            return replace(kept, due=now + PAUSE, silent=kept.silent or now)

    @contextmanager
    def _locked(self, key: str) -> Iterator[bool]:
        """Whether no other thread or process has the lock of that session."""
        path = self._directory / (key + _LOCK)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _is_locked(descriptor)
        finally:
            os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _cipher_key(id: str) -> bytes:
    return hashlib.sha256(b"refresh token\0" + id.encode()).digest()
