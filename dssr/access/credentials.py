"""From the header ``Authorization`` to a caller: HTTP Basic (RFC 7617) or a bearer token (RFC
6750).
"""

import base64
import binascii
import hmac
import time
from collections.abc import Callable

from dssr.access import tokens, words
from dssr.access.limits import Rate, network
from dssr.access.scopes import Caller, Scope
from dssr.access.token_file import Tokens, moment
from dssr.access.watched import WatchedTokens
from dssr.errors import Unidentified
from dssr.settings import Settings
from dssr.settings.validation import is_protected

MISTAKES = 10  # wrong logins that an address may send at once
MISTAKES_PER_SECOND = 0.1
MOST_KNOWN = 10_000  # callers, each with an address, that are remembered
_NO_TOKENS: Tokens = {}
_TOO_MANY_MISTAKES = (
    "There were too many wrong logins from this address: wait, then send the right credentials."
)


def of_settings(settings: Settings) -> "Credentials | None":
    """The credentials that the settings name; ``None``: callers need none.

    Raises ``SettingsError`` when the file of tokens cannot be used.
    """
    if not is_protected(settings):
        return None
    watched = WatchedTokens(settings.tokens_file) if settings.tokens_file else None
    return Credentials(settings.server_key, watched)


class Credentials:
    """The credentials that are valid: the server key and the tokens."""

    def __init__(
        self, server_key: str, watched: WatchedTokens | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._server_key = server_key.encode("utf-8", "surrogatepass")
        self._watched, self._clock = watched, clock
        self._wrong = words.wrong(bool(server_key), watched is not None)
        self._missing = words.missing(bool(server_key), watched is not None)
        self._tokens = watched.current() if watched else _NO_TOKENS
        self._revoked: set[str] = set()  # hashes of tokens that were valid since the start
        self._known: set[tuple[str, str, str]] = set()  # address, kind and name of a right login
        self._mistakes = Rate(MISTAKES_PER_SECOND, MISTAKES, _TOO_MANY_MISTAKES)

    def caller(self, header: str, address: str) -> Caller:
        """Return the caller whom a header from an address names.

        Raises ``Unidentified`` when the header is empty or wrong, ``TooMany`` after too many wrong
        ones from that address. Then the right one is refused too, so that guesses reveal nothing,
        unless the same caller has logged in from this address before: callers behind one proxy do
        not lock out each other. A token that was revoked or has expired is not a guess and does not
        add to the wrong ones, because a client may go on polling with it.
        """
        if not header:
            raise Unidentified(self._missing)
        scheme, _, rest = header.partition(" ")
        scheme, rest = scheme.lower(), rest.strip()
        caller = None
        if scheme == "bearer":
            caller = self._of_token(rest)
        elif scheme == "basic":
            caller = self._of_password(rest)
        if caller is None:
            self._mistakes.take(network(address))
            raise Unidentified(self._wrong)
        known = (address, caller.by, caller.name)
        if known not in self._known:
            self._mistakes.check(network(address))
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known.add(known)
        return caller

    def known(self, name: str, by: str) -> tuple[Scope, bytes] | None:
        """What a caller who was identified before may do now, and what their credentials are known
        by; ``None``: those are not valid any more."""
        if by == "basic":
            user = self._server_key.partition(b":")[0].decode("utf-8", "replace")
            is_valid = bool(self._server_key) and name == user
            return (Scope.ADMIN, self._server_key) if is_valid else None
        token = self._current().get(name)
        if by != "token" or token is None or token.expired(self._clock()):
            return None
        return token.scope, token.hash.encode()

    def _of_token(self, text: str) -> Caller | None:
        """The caller of a token; None for a text that was not valid since the start."""
        name = tokens.name_in(text)
        if name is None:
            return None
        token = self._current().get(name)
        if token is None or not tokens.verify(text, token):
            if tokens.digest(text) in self._revoked:
                raise Unidentified(self._wrong)
            return None
        if token.expired(self._clock()):
            raise Unidentified(
                f"The token {name!r} expired at {moment(token.expires)}:"
                " have 'dssr token new' make another."
            )
        return Caller(name, token.scope, "token")

    def _current(self) -> Tokens:
        now = self._watched.current() if self._watched else _NO_TOKENS
        if now is not self._tokens:
            self._revoked.update(token.hash for token in self._tokens.values())
            self._tokens = now
        return now

    def _of_password(self, encoded: str) -> Caller | None:
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return None
        if not self._server_key or not hmac.compare_digest(given, self._server_key):
            return None
        user = self._server_key.partition(b":")[0].decode("utf-8", "replace")
        return Caller(user, Scope.ADMIN, "basic")
