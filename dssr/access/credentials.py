"""From the header ``Authorization`` to a caller: HTTP Basic (RFC 7617) or a bearer token (RFC 6750).

What was right once is known again by a keyed digest in memory, which costs microseconds; everything else costs Argon2, one
at a time, and is limited for each address.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from dssr.access import tokens, words
from dssr.access.limits import Rate, network
from dssr.access.scopes import Caller, Scope
from dssr.access.token_file import Tokens, moment
from dssr.access.tokens import Token
from dssr.access.watched import WatchedTokens
from dssr.errors import TooMany, Unidentified

MISTAKES = 10  # wrong logins that an address may have at once
MISTAKES_PER_SECOND = 0.1
_MOST_CHECKS = (
    4  # that wait for Argon2 or are in it, while the other threads serve those who are known
)
_MOST_KNOWN = 10_000
_NO_TOKENS: Tokens = {}


@dataclass(frozen=True)
class _Known:
    digest: bytes
    caller: Caller
    token: Token | None = None  # None: the password
    revoked: bool = False


@dataclass
class _Seen:
    """Who has been recognised, as the tokens that are in force now let him be."""

    tokens: Tokens
    known: dict[bytes, _Known] = field(default_factory=dict)

    def judged(self, known: _Known) -> _Known:
        token = known.token
        return replace(known, revoked=token is not None and self.tokens.get(token.name) != token)

    def under(self, now: Tokens) -> "_Seen":
        """The same callers: who has an unchanged token or the password goes on, and the others need no second look."""
        after = _Seen(now)
        after.known = {key: after.judged(known) for key, known in self.known.items()}
        return after


class Credentials:
    """Those that count: the server key, and the tokens."""

    def __init__(
        self, server_key: str, watched: WatchedTokens | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._server_key = server_key.encode("utf-8", "surrogatepass")
        self._watched, self._clock = watched, clock
        self._wrong, self.missing = (
            say(bool(server_key), watched is not None) for say in (words.wrong, words.missing)
        )
        self._secret = secrets.token_bytes(32)
        self._seen = _Seen(self._tokens())
        self._mistakes = Rate(MISTAKES_PER_SECOND, MISTAKES)
        self._checks: dict[bytes, Future[_Known]] = {}
        self._checking, self._argon2 = threading.Lock(), threading.Lock()
        tokens.decoy()

    def caller(self, header: str, address: str) -> Caller:
        """Whom a header from an address stands for.

        Raises ``Unidentified`` when it stands for nobody, ``TooMany`` when there were too many wrong ones from that address,
        or too many unknown ones are being looked at. What was right once (a token that was revoked or has expired since) is
        not counted as wrong: it is no guess, and whoever goes on polling with it must not lock out those beside him.
        """
        seen = self._current()
        digest = self._digest(header, address)
        known = seen.known.get(digest[:16])
        # One address's right login says nothing to another one, which would otherwise guess without a limit.
        if known is None or not hmac.compare_digest(known.digest, digest):
            known = self._first_sight(seen, digest, header, address)
        if known.token is not None:
            self._demand_that_it_counts(known.token, known.revoked)
        return known.caller

    def _demand_that_it_counts(self, token: Token, revoked: bool) -> None:
        if revoked:
            raise Unidentified(self._wrong)
        if token.expired(self._clock()):
            raise Unidentified(
                f"The token {token.name!r} expired at {moment(token.expires)}: have 'dssr token new' make another."
            )

    def _tokens(self) -> Tokens:
        return self._watched.current() if self._watched else _NO_TOKENS

    def _current(self) -> _Seen:
        now = self._tokens()
        if self._seen.tokens is not now:
            with self._checking:
                self._seen = self._seen.under(now)
        return self._seen

    def _digest(self, header: str, address: str) -> bytes:
        said = f"{address}\n{header}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(said, key=self._secret, digest_size=32).digest()

    def _first_sight(self, seen: _Seen, digest: bytes, header: str, address: str) -> _Known:
        """Sixty-four connections that open with the same token cost one look at it, and all wait for that."""
        place = network(address)
        if seconds := self._mistakes.wait(place):
            raise TooMany(
                "There were too many wrong logins from this address: wait, then send the right one.",
                _whole(seconds),
            )
        with self._checking:
            check = self._checks.get(digest)
            leads = check is None
            if check is None:
                if len(self._checks) >= _MOST_CHECKS:
                    raise TooMany("Too many logins are being checked: send the same again.", 1)
                check = self._checks[digest] = Future()
        if leads:
            self._check(check, seen, digest, header)
        try:
            return check.result()
        except Unidentified:
            self._mistakes.take(place)
            raise

    def _check(self, check: "Future[_Known]", seen: _Seen, digest: bytes, header: str) -> None:
        try:
            known = self._verify(seen.tokens, digest, header)
            self._keep(known)
            check.set_result(known)
        except BaseException as error:
            check.set_exception(error)
        finally:
            with self._checking:
                del self._checks[digest]

    def _keep(self, known: _Known) -> None:
        with self._checking:  # the tokens may have changed in the meantime
            if len(self._seen.known) >= _MOST_KNOWN:
                self._seen.known.clear()
            self._seen.known[known.digest[:16]] = self._seen.judged(known)

    def _verify(self, now: Tokens, digest: bytes, header: str) -> _Known:
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "basic":
            return _Known(digest, self._basic(rest.strip()))
        name = tokens.name_in(rest.strip()) if scheme.lower() == "bearer" else None
        if name is None:
            raise Unidentified(self._wrong)
        token = now.get(name)
        with self._argon2:
            right = tokens.verify(rest.strip(), token)
        if token is None or not right:
            raise Unidentified(self._wrong)
        return _Known(digest, Caller(name, token.scope, "token"), token)

    def _basic(self, encoded: str) -> Caller:
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            given = b""
        if not hmac.compare_digest(given, self._server_key) or not self._server_key:
            raise Unidentified(self._wrong)
        return Caller(
            self._server_key.partition(b":")[0].decode("utf-8", "replace"), Scope.ADMIN, "basic"
        )


def _whole(seconds: float) -> int:
    return max(int(seconds + 0.999), 1)
