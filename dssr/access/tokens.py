"""API tokens: ``dssr_<name>_<43 random characters>``. The bridge keeps the SHA-256 of a token,
never its text.

The random part has 256 bits. No attacker can guess it, however fast the hash is, so a slow password
hash would only cost time.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from dssr.access.scopes import Scope
from dssr.errors import BadRequest

# A name has no underscore, which separates the parts of a token.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
HASH = re.compile(r"sha256:[0-9a-f]{64}")
_TOKEN = re.compile(r"dssr_([A-Za-z0-9.-]{1,32})_[A-Za-z0-9_-]{43}")
_RANDOM = 32  # bytes
DAY = 86400


@dataclass(frozen=True)
class Token:
    """What is kept of a token. ``made`` and ``expires`` are seconds since the epoch; ``expires`` 0
    means never.
    """

    name: str
    scope: Scope
    made: int
    expires: int
    hash: str = field(repr=False)

    def expired(self, now: float) -> bool:
        """Whether the token is no longer valid at the time ``now``."""
        return bool(self.expires) and now >= self.expires


def mint(name: str, scope: Scope, now: float, days: int | None) -> tuple[Token, str]:
    """Return a new token: what to keep of it, and its text, which cannot be recovered later.

    Raises ``BadRequest`` for a name that cannot be part of a token.
    """
    if not NAME.fullmatch(name):
        raise BadRequest(
            f"{name[:60]!r} is no name for a token: use letters, digits, '.' and '-', at most 32,"
            " and begin with a letter or digit."
        )
    text = f"dssr_{name}_{secrets.token_urlsafe(_RANDOM)}"
    made = int(now)
    return Token(name, scope, made, made + days * DAY if days else 0, digest(text)), text


def name_in(text: str) -> str | None:
    """The name in a token's text; None for a text that does not look like a token."""
    found = _TOKEN.fullmatch(text)
    return found[1] if found else None


def digest(text: str) -> str:
    """What is kept of a token's text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def verify(text: str, token: Token) -> bool:
    """Whether ``text`` is this token's, compared in constant time."""
    return hmac.compare_digest(digest(text), token.hash)
