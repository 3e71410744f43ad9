"""A login by an OpenID Connect provider: authorization code with PKCE, ID token, refresh token.

authlib speaks OAuth; this module decides where to, for how long, and what is believed.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

from dssr.errors import Denied, Unavailable
from dssr.identity import claims, fetch, strict_json
from dssr.identity.keyset import FetchedKeys
from dssr.identity.provider.id_token import AGAIN, Expected, verified
from dssr.identity.provider.metadata import Discovery, Metadata, sentence
from dssr.identity.provider.within import within
from dssr.settings import Settings

PATIENCE = 6.0  # seconds that a login waits for the provider: the rest of the call needs time too
_WAIT = 5.0  # seconds for each wait of a request
# Seconds between two looks at the provider's keys: only tokens that it sent itself cause one.
_KEYS_PAUSE = 1.0
_USUAL_LIFE, _SHORTEST, _LONGEST = 300.0, 30.0, 3600.0  # seconds between two refreshes
_MAX_VALUE = 200
_FOR_A_WHILE = ("temporarily_unavailable", "server_error", "slow_down")  # OAuth's words


@dataclass(frozen=True)
class Attempt:
    """The secrets of one login, until the user comes back from the provider."""

    state: str
    nonce: str
    verifier: str  # of PKCE


@dataclass(frozen=True)
class Grant:
    """Who has logged in, and what keeps the login. ``refresh_token``: empty where there is none;
    ``lasts``: seconds until it is asked again whether the user may still log in."""

    user: str
    subject: str  # what the provider calls the user, for good
    refresh_token: str
    lasts: float


class Provider:
    """The provider of the settings. May be used by many threads."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self.issuer = settings.web_oidc_issuer
        self.client_id = settings.web_oidc_client_id
        self.root = settings.web_url.rstrip("/")  # of the portal
        self._secret, self._claim = settings.web_oidc_client_secret, settings.username_claim
        self._scope = " ".join(settings.web_oidc_scopes)
        self._now = now
        self._discovery = Discovery(self.issuer)
        self._keys: dict[str, FetchedKeys] = {}

    @property
    def host(self) -> str:
        """What users know it by."""
        return urlsplit(self.issuer).netloc

    def address(self, attempt: Attempt) -> str:
        """Where a browser is sent to log in. Raises ``Unavailable``: a browser that is sent to a
        provider that is down would show an error of its own."""
        said = self._discovery.current(age=0)
        url, _ = self._client(said).create_authorization_url(
            said.authorization_endpoint,
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
        )
        return str(url)

    def end_address(self, back: str) -> str:
        """Where a browser is sent to end the provider's session, and comes from to ``back``; empty
        where there is no such place. Raises ``Unavailable``."""
        place = self._discovery.current(age=0).end_session_endpoint
        if not place:
            return ""
        # Without id_token_hint: tokens do not go through the browser, so the provider may ask.
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    def check_sender(self, issuer: str | None) -> None:
        """Raises ``Denied`` for an answer of another provider (RFC 9207)."""
        is_missing = issuer is None and self._discovery.current().names_itself
        if is_missing or (issuer is not None and issuer != self.issuer):
            raise Denied(f"The answer is not of the identity provider {self.host}: {AGAIN}.")

    def redeem(self, code: str, attempt: Attempt) -> Grant:
        """Who has logged in, by the code that they have brought. Raises ``Denied`` and
        ``Unavailable``."""

        def work() -> Grant:
            said = self._discovery.current()
            token = self._client(said).fetch_token(
                said.token_endpoint,
                code=code,
                code_verifier=attempt.verifier,
                grant_type="authorization_code",
            )
            return self._grant(said, token, attempt.nonce)

        return self._asked(work)

    def refresh(self, refresh_token: str, subject: str) -> Grant:
        """The same user once more. Raises ``Denied`` when the provider does not want them to be
        logged in any more, ``Unavailable``."""

        def work() -> Grant:
            said = self._discovery.current()
            token = self._client(said).refresh_token(
                said.token_endpoint, refresh_token=refresh_token, scope=None
            )
            return self._grant(said, token, subject=subject)

        return self._asked(work)

    def _client(self, said: Metadata) -> "_Client":
        return _Client(
            client_id=self.client_id,
            client_secret=self._secret or None,
            token_endpoint_auth_method=said.token_authentication if self._secret else "none",
            scope=self._scope,
            redirect_uri=f"{self.root}/login/callback",
            code_challenge_method="S256",
        )

    def _grant(
        self, said: Metadata, token: Mapping[str, Any], nonce: str = "", subject: str = ""
    ) -> Grant:
        """``subject``: whose refresh it is. Such an answer may be without an ID token."""
        life = token.get("expires_in")
        lasts = float(life) if isinstance(life, int | float) else _USUAL_LIFE
        refresh_token = token.get("refresh_token") or ""
        access, id_token = token.get("access_token"), token.get("id_token")
        lasts = min(max(lasts, _SHORTEST), _LONGEST)
        if not isinstance(access, str) or not access:  # of a gateway before the provider
            raise ValueError("its answer holds no access token")
        if subject and not id_token:
            return Grant("", subject, str(refresh_token), lasts)
        if not isinstance(id_token, str):
            raise Denied(f"The identity provider sent no ID token: {AGAIN}.")
        expected = Expected(self.issuer, self.client_id, nonce)
        found = verified(id_token, self._keys_at(said.jwks_uri), expected, access, self._now)
        if subject and found["sub"] != subject:
            raise Denied(f"The identity provider answered for another user: {AGAIN}.")
        if self._claim not in found and said.userinfo_endpoint and not subject:
            found = self._user_info(said, token, str(found["sub"]))
        user = "" if subject else claims.user(found, self._claim, of="ID token")
        return Grant(user, str(found["sub"]), str(refresh_token), lasts)

    def _user_info(
        self, said: Metadata, token: Mapping[str, Any], subject: str
    ) -> Mapping[str, Any]:
        """What the provider says about the user elsewhere (OpenID Connect Core, 5.3)."""
        client = self._client(said)
        client.token = token
        answer = client.get(said.userinfo_endpoint)
        try:
            found = strict_json.read(answer.content) if answer.status_code == 200 else {}
        except ValueError:
            found = {}
        if found.get("sub") != subject:
            raise Denied(f"The identity provider does not say who the user is: {AGAIN}.")
        return found

    def _keys_at(self, url: str) -> FetchedKeys:
        return self._keys.setdefault(url, FetchedKeys(url, pause=_KEYS_PAUSE))

    def _asked(self, work: Callable[[], Grant]) -> Grant:
        """What the provider answers to work, in time."""
        try:
            return within(PATIENCE, work)
        except AuthlibBaseError as error:
            said = "".join(c for c in str(error.error) if c.isprintable())[:_MAX_VALUE]
            if said in _FOR_A_WHILE:
                raise self._silent(f"it answers {said}") from error
            raise Denied(f"The identity provider refuses this login ({said}): {AGAIN}.") from error
        except TimeoutError as error:
            raise self._silent(f"no answer within {PATIENCE:g} s") from error
        except (requests.RequestException, ValueError) as error:  # HTTP's 5xx; what is no JSON
            raise self._silent(str(error)) from error

    def _silent(self, why: str) -> Unavailable:
        return Unavailable(sentence(self.issuer, why))


class _Client(OAuth2Session):  # type: ignore[misc]
    """OAuth over HTTP that follows no redirection, reads no endless answer, and asks no proxy for
    what is on this machine."""

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        """See ``requests.Session.request``. ``ValueError``: why there is no answer."""
        self.headers["Accept-Encoding"] = "identity"
        more |= {"timeout": _WAIT, "allow_redirects": False, "stream": True}
        with (
            fetch.explained(_WAIT),
            super().request(method, url, proxies={"http": ""}, **more) as answer,
        ):
            response: requests.Response = answer
            response._content = fetch.body(response, time.monotonic() + _WAIT)
            response._content_consumed = True  # type: ignore[attr-defined]
            return response
