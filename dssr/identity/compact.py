"""A token's parts before and after its signature is verified.

A token is three parts with dots between (RFC 7515, section 7.1): header, claims, signature. A
header that asks for anything but verification is refused.
"""

import base64
import re
from dataclasses import dataclass
from typing import Any

from dssr.errors import Denied
from dssr.identity import strict_json

MAX_TOKEN = 32 * 1024  # characters; those in the field have a few thousand
_MAX_KID = 256
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
# RFC 7519, 5.1; RFC 9068, 2.1. Other types are for other purposes: RFC 8725, 3.11.
_TYPES = frozenset({"jwt", "at+jwt"})
# Keycloak's access tokens have this as their claim 'typ'. Its ID, refresh and logout tokens have
# others, and the headers of all are alike.
_ACCESS = "bearer"
# Keys that a token brings along (RFC 7515, 4.1), and extensions that change what is signed or how
# it is read.
_OWN_KEYS = ("jku", "jwk", "x5u", "x5c")
_EXTENSIONS = ("crit", "b64", "zip", "enc")


@dataclass(frozen=True)
class Header:
    """What a token says before it is verified: only good for choosing among trusted keys."""

    algorithm: str
    kid: str | None


def header(token: str) -> Header:
    """The token's header.

    Raises ``Denied`` for what is no signed token, or asks for special treatment; nothing of the
    token is in the message.
    """
    if len(token) > MAX_TOKEN:
        raise Denied(
            f"The bearer has more than the {MAX_TOKEN // 1024} KB that a token may have: leave out "
            "claims."
        )
    if not (parts := _COMPACT.fullmatch(token)):
        raise Denied(
            "The bearer is no signed JSON web token (three parts with dots between): send the "
            "user's access token as its issuer made it."
        )
    try:
        values = strict_json.read(decoded(parts[1]))
    except ValueError as error:
        raise Denied(
            "The bearer's header cannot be read: send the user's access token as its issuer made "
            "it."
        ) from error
    _check_header(values)
    return Header(_algorithm(values), values.get("kid"))


def payload(token: str) -> dict[str, Any]:
    """The claims of a token that has been verified.

    Raises ``Denied`` when they are no object, a claim is there twice, or they say that the token is
    for another purpose than access.
    """
    try:
        claims = strict_json.read(decoded(token.split(".")[1]))
    except ValueError as error:
        raise Denied(
            "The bearer's claims are no JSON object that means one thing only: ask its issuer."
        ) from error
    if "typ" in claims and str(claims["typ"]).lower() != _ACCESS:
        raise Denied(
            "The bearer is a token for another purpose, by its claim 'typ': send the user's access "
            "token."
        )
    return claims


def decoded(part: str) -> bytes:
    """The bytes of one part of a token. Raises ``ValueError``."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _check_header(header: dict[str, Any]) -> None:
    for name in (*_OWN_KEYS, *_EXTENSIONS):
        if name in header:
            why = (
                "a key that a token brings along is not trusted"
                if name in _OWN_KEYS
                else "this bridge takes none"
            )
            raise Denied(
                f"The bearer's header holds {name!r}, and {why}: have the issuer leave it out."
            )
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
        raise Denied(
            "The bearer is a token for another purpose, by its header's 'typ': send the user's "
            "access token."
        )
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and len(kid) <= _MAX_KID):
        raise Denied(
            "The bearer's header names its key ('kid') by something else than up to "
            f"{_MAX_KID} characters."
        )


def _algorithm(header: dict[str, Any]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise Denied(
            "The bearer's header does not say how it is signed ('alg'): send the token as its "
            "issuer made it."
        )
    if algorithm.lower() == "none":
        raise Denied(
            "The bearer is not signed ('alg' is none): send the user's access token as its issuer "
            "made it."
        )
    return algorithm
