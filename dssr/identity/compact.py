"""A token's outside: three parts with dots between (RFC 7515, 7.1), and a header that asks for nothing but to be verified."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from dssr.errors import Denied
from dssr.identity import strict_json

MAX_TOKEN = 32 * 1024  # characters; those in the field have a few thousand
_MAX_KID = 256
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
_TYPES = frozenset(
    {"jwt", "at+jwt"}
)  # RFC 7519, 5.1; RFC 9068, 2.1. Others are for other purposes: RFC 8725, 3.11
_ACCESS = "bearer"  # Keycloak's claim 'typ' tells access tokens from ID, refresh and logout tokens; their headers are alike
# keys that a token brings along (RFC 7515, 4.1), and extensions that change what is signed or how it is read
_OWN_KEYS = ("jku", "jwk", "x5u", "x5c")
_EXTENSIONS = ("crit", "b64", "zip", "enc")


@dataclass(frozen=True)
class Outside:
    """What a token says of itself before it is verified: only good for choosing among trusted keys."""

    algorithm: str
    kid: str | None


def read(token: str) -> Outside:
    """The token's header. Raises ``Denied`` for what is no signed token, or one that asks for special treatment; nothing of
    the token is in the message."""
    if len(token) > MAX_TOKEN:
        raise Denied(
            f"The bearer has more than the {MAX_TOKEN // 1024} KB that a token may have: leave out claims."
        )
    if not (parts := _COMPACT.fullmatch(token)):
        raise Denied(
            "The bearer is no signed JSON web token (three parts with dots between): send the user's access token as its "
            "issuer made it."
        )
    header = _header(parts[1])
    for name in (*_OWN_KEYS, *_EXTENSIONS):
        if name in header:
            why = (
                "a token's own word on its key counts for nothing"
                if name in _OWN_KEYS
                else "this bridge takes none"
            )
            raise Denied(
                f"The bearer's header holds {name!r}, and {why}: have the issuer leave it out."
            )
    _check_type(header.get("typ", "JWT"))
    return Outside(_algorithm(header), _kid(header))


def payload(token: str) -> dict[str, Any]:
    """The claims of a token that has been verified. Raises ``Denied`` when they are no object, a claim stands twice, or they
    say that the token is for another purpose than access."""
    try:
        claims = strict_json.read(_decoded(token.split(".")[1]))
    except ValueError as error:
        raise Denied(
            "The bearer's claims are no JSON object that means one thing only: ask its issuer."
        ) from error
    if "typ" in claims and str(claims["typ"]).lower() != _ACCESS:
        raise Denied(
            "The bearer is a token for another purpose, by its claim 'typ': send the user's access token."
        )
    return claims


def _header(part: str) -> dict[str, Any]:
    try:
        return strict_json.read(_decoded(part))
    except ValueError as error:
        raise Denied(
            "The bearer's header cannot be read: send the user's access token as its issuer made it."
        ) from error


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _check_type(kind: object) -> None:
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
        raise Denied(
            "The bearer is a token for another purpose, by its header's 'typ': send the user's access token."
        )


def _algorithm(header: dict[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise Denied(
            "The bearer's header does not say how it is signed ('alg'): send the token as its issuer made it."
        )
    if algorithm.lower() == "none":
        raise Denied(
            "The bearer is not signed ('alg' is none): send the user's access token as its issuer made it."
        )
    return algorithm


def _kid(header: dict[str, Any]) -> str | None:
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _MAX_KID):
        raise Denied(
            f"The bearer's header names its key ('kid') by something else than up to {_MAX_KID} characters."
        )
    return kid
