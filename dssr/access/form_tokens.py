"""Tokens of forms: they prove that a form came from a page of the portal. Pure but for chance.

Each page has another one, so that compressed pages do not reveal it (BREACH).
"""

import hmac
import secrets

_LONGEST = 200  # characters


def make(form_key: str) -> str:
    """A token for the forms of one page of a session."""
    nonce = secrets.token_hex(8)
    return f"{nonce}.{_sign(form_key, nonce)}"


def is_valid(form_key: str, token: str) -> bool:
    """Whether a page of that session had the token."""
    nonce, _, signature = token[:_LONGEST].partition(".")
    expected = _sign(form_key, nonce)
    return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


def _sign(form_key: str, nonce: str) -> str:
    data = nonce.encode("utf-8", "replace")
    return hmac.new(form_key.encode(), data, "sha256").hexdigest()
