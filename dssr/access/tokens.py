"""API tokens: ``dssr_<name>_<43 random characters>``. What is kept of one is its hash (Argon2id, RFC 9106)."""

import functools
import re
import secrets
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dssr.access.scopes import Scope
from dssr.errors import BadRequest

NAME = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}"
)  # no underscore: it stands between the parts of a token
_TOKEN = re.compile(r"dssr_([A-Za-z0-9.-]{1,32})_[A-Za-z0-9_-]{43}")
_RANDOM = 32  # bytes
DAY = 86400
# The random part has 256 bits, which nobody guesses however fast the hash is; so the least that OWASP's password storage
# cheat sheet recommends for Argon2id is more than enough, and wrong tokens cost the bridge less than by the library's default.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True)
class Token:
    """What is known of a token. ``made``, ``expires``: seconds since the epoch; ``expires`` 0: never."""

    name: str
    scope: Scope
    made: int
    expires: int
    hash: str = field(repr=False)

    def expired(self, now: float) -> bool:
        """Whether its time is over."""
        return bool(self.expires) and now >= self.expires


def mint(name: str, scope: Scope, now: float, days: int | None) -> tuple[Token, str]:
    """A new token: what to keep of it, and its text, which nobody can tell again.

    Raises ``BadRequest`` for a name that cannot be one.
    """
    if not NAME.fullmatch(name):
        raise BadRequest(
            f"{name[:60]!r} is no name for a token: use letters, digits, '.' and '-', at most 32, a letter or digit first."
        )
    text = f"dssr_{name}_{secrets.token_urlsafe(_RANDOM)}"
    made = int(now)
    return Token(name, scope, made, made + days * DAY if days else 0, _HASHER.hash(text)), text


def name_in(text: str) -> str | None:
    """The name in a token's text; None for what does not look like a token."""
    found = _TOKEN.fullmatch(text)
    return found[1] if found else None


def verify(text: str, token: Token | None) -> bool:
    """Whether ``text`` is this token's. Without a token it takes as long, so that nobody learns which names there are."""
    try:
        _HASHER.verify(token.hash if token else decoy(), text)
    except (VerificationError, InvalidHashError):
        return False
    return token is not None


@functools.cache
def decoy() -> str:
    """A hash that no token has. The first call takes as long as a verification."""
    return _HASHER.hash(secrets.token_urlsafe(_RANDOM))
