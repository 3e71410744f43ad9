"""What a provider says about itself, at ``/.well-known/openid-configuration`` below its address
(OpenID Connect Discovery 1.0). Nothing of it is asked for before someone logs in.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dssr.errors import Unavailable
from dssr.identity import fetch, strict_json
from dssr.identity.provider.within import within
from dssr.settings.validation import untrusted

log = logging.getLogger(__name__)
KEEP = 600.0  # seconds
PAUSE = 5.0  # seconds after an attempt that has failed, in which there is no other one
PATIENCE = 4.0  # seconds that a caller waits
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_MORE = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True)
class Metadata:
    """Where a provider does what. An endpoint that it does not have is empty."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    token_authentication: str  # how the portal proves who it is (OAuth's names)
    names_itself: bool  # whether each answer names the issuer (RFC 9207)


class Discovery:
    """The metadata of one provider. May be used by many threads, one of which asks."""

    def __init__(
        self,
        issuer: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        get: Callable[[str, float], bytes] = fetch.get,
    ) -> None:
        self._issuer, self._clock, self._get = issuer, clock, get
        self._lock = threading.Lock()
        self._found: Metadata | None = None
        self._asked = -KEEP
        self._problem = ""

    def current(self, age: float = KEEP) -> Metadata:
        """What it says, at most so many seconds old.

        Raises ``Unavailable`` with a sentence for users while it does not answer.
        """
        with self._lock:
            if self._found is None or self._problem or self._clock() - self._asked > age:
                self._ask()
            if self._problem or self._found is None:
                raise Unavailable(self._problem, round(PAUSE))
            return self._found

    def _ask(self) -> None:
        if self._problem and self._clock() - self._asked < PAUSE:
            return
        try:
            self._found = within(PATIENCE, lambda: read(self._document(), self._issuer))
        except (ValueError, TimeoutError) as error:
            self._failed(str(error) or f"no answer within {PATIENCE:g} s")
        else:
            if self._problem:
                log.info("The identity provider %s answers again.", self._issuer)
            self._problem = ""
        self._asked = self._clock()

    def _document(self) -> bytes:
        """Of two attempts: one connection that breaks is no reason to refuse a login."""
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            return self._get(url, PATIENCE)
        except ValueError:
            return self._get(url, PATIENCE)

    def _failed(self, why: str) -> None:
        if not self._problem:
            log.error("NO LOGIN BY THE IDENTITY PROVIDER %s: %s.", self._issuer, why)
        self._problem = sentence(self._issuer, why)


def sentence(issuer: str, why: str) -> str:
    """What users read while the provider is of no use."""
    return (
        f"The identity provider {issuer} cannot be asked at the moment ({why}): try again in a "
        "minute, and ask the bridge's operator if that does not help."
    )


def read(document: bytes, issuer: str) -> Metadata:
    """The metadata in a provider's document. ``ValueError``: why it is not to be used."""
    try:
        said = strict_json.read(document)
    except ValueError as error:
        raise ValueError(f"its description of itself cannot be read ({error})") from None
    if said.get("issuer") != issuer:
        raise ValueError(
            f"it calls itself {ascii(said.get('issuer'))[:200]}, which JARVICE_WEB_OIDC_ISSUER "
            "must be, exactly"
        )
    places = {name: _place(said, name) for name in (*_NEEDED, *_MORE)}
    for name in _NEEDED:
        if not places[name]:
            raise ValueError(f"its description of itself has no {name!r}")
    return Metadata(
        **places,
        token_authentication=_authentication(said),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _place(said: Mapping[str, Any], name: str) -> str:
    url = said.get(name) or ""
    if url and (not isinstance(url, str) or (why := untrusted(url))):
        raise ValueError(f"its {name!r} {why if isinstance(url, str) else 'is no URL'}")
    return str(url)


def _authentication(said: Mapping[str, Any]) -> str:
    """By OpenID Connect Discovery, 3, HTTP Basic is what a provider that says nothing takes."""
    offered = said.get("token_endpoint_auth_methods_supported")
    ways = ("client_secret_basic", "client_secret_post")
    found = offered if isinstance(offered, list) else []
    return next((way for way in ways if way in found), ways[0])
