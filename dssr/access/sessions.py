"""The sessions of the portal: a random id in the browser's cookie, and an entry behind it.

The entry holds who has logged in, and a seal: a keyed hash of what their credentials are known by.
A token that is revoked or replaced breaks the seal, so the session ends with it. The key is the id,
and the directory holds only the id's hash: who reads the directory has neither id nor token.
The file's time is that of the last request: to set it brings no file back that a logout removed.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from dssr.access import private_directory
from dssr.access.credentials import Credentials
from dssr.access.provider_users import OIDC, ProviderUsers
from dssr.access.refresh_tokens import RefreshTokens
from dssr.access.scopes import Caller, Scope

IDLE = 8 * 3600  # seconds without a request, after which a session ends
LONGEST = 24 * 3600  # seconds after the login
LINK = "link"  # the way of those who came by a one-time code
_NOTE_EVERY = 60  # seconds: how exactly the last request is noted
_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_LINKED = b"a one-time code"  # what such a login is known by
_OPEN = b"open"  # what callers are known by where no credentials are needed


@dataclass(frozen=True)
class Session:
    """A login that is valid. ``key``: of the file, safe to show to its owner."""

    key: str
    caller: Caller
    form_key: str  # what tokens of forms are made with
    begun: float  # seconds since the epoch, as ``seen``: the last request
    seen: float
    silent: float = 0.0  # since when the provider of the login has not answered


@dataclass(frozen=True)
class _Entry:
    name: str
    by: str
    seal: str
    form_key: str
    begun: float


class Sessions:
    """The sessions in a directory. All methods may be called from many threads and processes."""

    def __init__(
        self,
        directory: Path,
        credentials: Credentials | None,
        clock: Callable[[], float] = time.time,
        users: ProviderUsers | None = None,
        tokens: RefreshTokens | None = None,
    ) -> None:
        """``credentials``: the valid ones; ``None``: callers need none. ``users``, ``tokens``: of
        those who log in by a provider."""
        self._users, self._tokens = users, tokens
        self._directory = directory / "sessions"
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._credentials, self._clock = credentials, clock

    def begin(self, caller: Caller) -> str:
        """Begin a session of someone who has just proved who they are; its id."""
        self._sweep()
        id, now = secrets.token_urlsafe(32), self._clock()
        known = self._known(caller.name, caller.by)
        assert known is not None
        entry = _Entry(caller.name, caller.by, _seal(id, known[1]), secrets.token_hex(32), now)
        path = self._directory / _key(id)
        private_directory.write(path, json.dumps(asdict(entry)).encode())
        os.utime(path, (now, now))
        return id

    def find(self, id: str, *, is_use: bool = True) -> Session | None:
        """The session with that id, if it is valid. ``is_use``: it counts as used now."""
        if not _ID.fullmatch(id):
            return None
        if (found := self._read(key := _key(id))) is None:
            return None
        entry, seen = found
        known = self._known(entry.name, entry.by)
        if known is None or not hmac.compare_digest(entry.seal, _seal(id, known[1])):
            return None
        now = self._clock()
        if is_use and now - seen >= _NOTE_EVERY:
            try:
                os.utime(self._directory / key, (now, now))
            except FileNotFoundError:  # it has just ended
                return None
            seen = now
        return Session(
            key, Caller(entry.name, known[0], entry.by), entry.form_key, entry.begun, seen
        )

    def is_revoked(self, id: str) -> bool:
        """Whether there still is a session with that id, whose credentials are no longer valid."""
        is_there = _ID.fullmatch(id) is not None and self._read(_key(id)) is not None
        return is_there and self.find(id, is_use=False) is None

    def end(self, key: str) -> None:
        """End a session. What it had open finds it gone."""
        (self._directory / key).unlink(missing_ok=True)
        if self._tokens:
            self._tokens.end(key)

    def of(self, caller: Caller) -> list[Session]:
        """The sessions of the same caller, the newest first."""
        found = [
            Session(key, caller, entry.form_key, entry.begun, seen)
            for key, found in self._all()
            if found
            for entry, seen in (found,)
            if (entry.name, entry.by) == (caller.name, caller.by)
        ]
        return sorted(found, key=lambda session: session.begun, reverse=True)

    def _known(self, name: str, by: str) -> tuple[Scope, bytes] | None:
        """What a caller may do now, and what their credentials are known by."""
        if by == LINK:
            return Scope.ADMIN, _LINKED
        if by == OIDC:
            return self._users.known(name) if self._users else None
        if self._credentials is None:
            return (Scope.ADMIN, _OPEN) if not by else None
        return self._credentials.known(name, by)

    def _read(self, key: str) -> tuple[_Entry, float] | None:
        """An entry that is not over, and when the session was last used."""
        path = self._directory / key
        try:
            entry, seen = _Entry(**json.loads(path.read_bytes())), path.stat().st_mtime
        except (OSError, ValueError, TypeError):
            return None
        now = self._clock()
        is_over = now - seen > IDLE or now - entry.begun > LONGEST
        return None if is_over else (entry, seen)

    def _all(self) -> Iterator[tuple[str, tuple[_Entry, float] | None]]:
        """All that there are by their keys; ``None``: what is over, or broken."""
        keys = (name for name in os.listdir(self._directory) if not name.startswith("."))
        return ((key, self._read(key)) for key in keys)

    def _sweep(self) -> None:
        """Remove what is over."""
        for key, found in self._all():
            if found is None:
                self.end(key)
        if self._tokens:
            self._tokens.sweep(lambda key: (self._directory / key).exists())


def _key(id: str) -> str:
    return hashlib.sha256(id.encode()).hexdigest()[:32]


def _seal(id: str, known_by: bytes) -> str:
    return hmac.new(id.encode(), known_by, "sha256").hexdigest()
