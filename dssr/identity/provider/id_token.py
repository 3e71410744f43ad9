"""Whether an ID token is the provider's, for this portal, of this login, and valid now (OpenID
Connect Core 1.0, 3.1.3.7).
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc.errors import ClaimError

from dssr.errors import Denied, DssrError, Unavailable
from dssr.identity import strict_json
from dssr.identity.bearer import Keys, is_signed_by
from dssr.identity.claims import LEEWAY
from dssr.identity.compact import decoded, header

log = logging.getLogger(__name__)
AGAIN = "log in again, and ask the bridge's operator if that does not help"
_WHY = {
    "iss": "it is from another issuer",
    "aud": "it is meant for another application",
    "azp": "it is meant for another application",
    "nonce": "it belongs to another login",
    "exp": "it has expired: the clocks of the provider and the bridge may differ",
    "iat": "it is from the future: the clocks of the provider and the bridge may differ",
    "nbf": "it is from the future: the clocks of the provider and the bridge may differ",
    "at_hash": "it belongs to another access token",
}


@dataclass(frozen=True)
class Expected:
    """Of what an ID token must be. ``nonce``: empty where it is of no login, but of a refresh."""

    issuer: str
    client_id: str
    nonce: str = ""


def verified(
    token: str,
    keys: Keys,
    expected: Expected,
    access_token: str = "",
    now: Callable[[], float] = time.time,
) -> Mapping[str, Any]:
    """The claims of the token.

    Raises ``Denied`` with one sentence that holds nothing of the token, ``Unavailable`` while the
    provider's keys cannot be had.
    """
    try:
        head = header(token)
        fitting = [key for key in keys.matching(head.kid) if head.algorithm in key.algorithms]
        is_signed = any(is_signed_by(key, token, head.algorithm) for key in fitting)
    except Unavailable as error:
        raise Unavailable(
            f"The identity provider's keys cannot be had at the moment: {AGAIN}.",
            error.retry_after,
        ) from error
    except DssrError as error:
        raise _refused("it is not signed as this bridge takes it", error.message) from error
    if not is_signed:
        raise _refused("its signature is not the provider's", "by a key of the provider")
    try:
        claims = strict_json.read(decoded(token.split(".")[1]))
    except ValueError as error:
        raise _refused("it cannot be read", str(error)) from error
    _check(claims, head.algorithm, expected, access_token, now())
    return claims


def _check(
    claims: Mapping[str, Any], algorithm: str, expected: Expected, access_token: str, now: float
) -> None:
    params = {"nonce": expected.nonce, "client_id": expected.client_id}
    checked = CodeIDToken(
        dict(claims),
        {"alg": algorithm},
        {
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
        },
        params | ({"access_token": access_token} if access_token else {}),
    )
    try:
        checked.validate(now=int(now), leeway=LEEWAY)
    except ClaimError as error:
        why = _WHY.get(error.claim, f"its claim {error.claim!r} is missing or wrong")
        raise _refused(why, str(error)) from error


def _refused(why: str, detail: str) -> Denied:
    log.warning("AN ID TOKEN IS REFUSED: %s (%s)", why, detail)
    return Denied(f"The identity provider's answer is not valid, because {why}: {AGAIN}.")
