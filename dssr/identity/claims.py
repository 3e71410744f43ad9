"""What a verified token must say: when it is valid, from whom, for whom, and the user.

RFC 7519, section 4.1, defines the claims.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dssr.errors import Denied

log = logging.getLogger(__name__)
LEEWAY = 30  # seconds that the issuer's clock may differ from this machine's
_LATEST = 253402300799  # the end of the year 9999: a time beyond it is a mistake
_MAX_VALUE = 256  # characters of a claim that names a user
_GET_ANOTHER = "have the user sign in again and send the new one"


@dataclass(frozen=True)
class Expected:
    """Who must have issued a token, and for whom; empty: not looked at."""

    issuer: str = ""
    audience: Sequence[str] = ()


def check(
    claims: Mapping[str, Any], expected: Expected, now: Callable[[], float] = time.time
) -> None:
    """Return when the claims of a verified token hold now, else raise ``Denied`` with the first."""
    _check_times(claims, now())
    issuer, audience = claims.get("iss"), claims.get("aud")
    if expected.issuer and issuer != expected.issuer:
        log.warning(
            "A bearer has the issuer %s; JARVICE_BEARER_ISSUER is %r",
            _shown(issuer),
            expected.issuer,
        )
        raise Denied(
            "The bearer is from another issuer than the one whose users may submit here (its "
            "'iss')."
        )
    audiences = audience if isinstance(audience, list) else [audience]
    given = (one for one in audiences if isinstance(one, str))
    if expected.audience and not any(one in expected.audience for one in given):
        log.warning(
            "A bearer has the audience %s; JARVICE_BEARER_AUDIENCE is %r",
            _shown(audience),
            tuple(expected.audience),
        )
        raise Denied(
            "The bearer is not meant for this bridge (its 'aud'): have its issuer add the bridge's "
            "audience."
        )


def user(claims: Mapping[str, Any], claim: str, of: str = "bearer") -> str:
    """The upstream user's name, from the claim that the operator has chosen. ``of``: what has the
    claims.

    Raises ``Denied`` when it is missing, is no plain text, or is an e-mail address that the issuer
    has not verified: users may often enter any address there.
    """
    value = claims.get(claim)
    if not isinstance(value, str) or not value:
        what = "is no text" if claim in claims else "is missing"
        raise Denied(
            f"The {of}'s claim {claim!r}, which names the user here, {what}: have its issuer put "
            "it in."
        )
    if len(value) > _MAX_VALUE or not value.isprintable():
        raise Denied(
            f"The {of}'s claim {claim!r} is no user's name: it is too long or holds characters "
            "that no name has."
        )
    if claim == "email":
        _check_that_address_is_verified(claims, of)
    return value


def _check_that_address_is_verified(claims: Mapping[str, Any], of: str) -> None:
    if "email_verified" not in claims:
        raise Denied(
            f"The {of} does not say that its e-mail address is verified ('email_verified'): have "
            "its issuer put that in, or have the operator choose another claim "
            "(JARVICE_SLURM_USERNAME_CLAIM)."
        )
    if str(claims["email_verified"]).lower() != "true":
        raise Denied(
            f"The {of}'s e-mail address is not verified ('email_verified'): have the user confirm "
            "it to the issuer."
        )


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, begins, issued = (_time(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None:
        raise Denied(
            "The bearer does not say when it expires ('exp'), and one that is valid for ever is "
            "not taken."
        )
    if expires <= now - LEEWAY:
        raise Denied(
            f"The bearer has expired (at {_utc(expires)}; it is {_utc(now)}): {_GET_ANOTHER}."
        )
    for name, moment in (("nbf", begins), ("iat", issued)):
        if moment is not None and moment > now + LEEWAY:
            raise Denied(
                f"The bearer is not good before {_utc(moment)} (its {name!r}), and it is "
                f"{_utc(now)}: wait, or set the clocks."
            )


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise Denied(f"The bearer's {name!r} is no time in seconds since 1970: ask its issuer.")
    return float(value)


def _utc(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))


def _shown(value: object) -> str:
    return ascii(value)[:300]  # on one line, whatever it holds
