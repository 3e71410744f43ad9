"""Callers who have logged in to the portal: from the session's cookie to the session, and whether a
page of the portal sent what changes something.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from flask import Request

from dssr.access import form_tokens
from dssr.access.refresh_tokens import RefreshTokens
from dssr.access.sessions import Session, Sessions
from dssr.errors import Denied
from dssr.http.call import Call
from dssr.http.site import Site
from dssr.identity.provider.within import within

log = logging.getLogger(__name__)
FORM_TOKEN = "form_token"  # noqa: S105 - the name of the field of a form; scripts send the header
HEADER = "X-Form-Token"
UNATTENDED = "HTTP_X_UNATTENDED"  # in WSGI: what scripts send with loads that no user asked for
PATIENCE = 2.0  # seconds that a page waits for the provider of a login
_renewals = threading.BoundedSemaphore(16)  # that are under way
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class SessionLogin:
    """The sessions of a site, for the gate."""

    def __init__(self, sessions: Sessions, site: Site, tokens: RefreshTokens | None = None) -> None:
        """``tokens``: of the sessions of those who logged in by a provider."""
        self.sessions, self.site, self._tokens = sessions, site, tokens

    def find(self, cookies: Mapping[str, str], *, is_use: bool = True) -> Session | None:
        """The session that the cookie names, if it is valid. ``is_use``: it counts as used."""
        return self.sessions.find(cookies.get(self.site.cookie, ""), is_use=is_use)

    def of_request(self, sent: Request) -> Session | None:
        """The session of a request. What an open tab loads by itself counts as no use: its scripts'
        updates, and streams, which a browser opens again."""
        is_stream = sent.environ.get("HTTP_ACCEPT", "") == "text/event-stream"
        is_use = not is_stream and UNATTENDED not in sent.environ
        return self._checked(sent.cookies, self.find(sent.cookies, is_use=is_use), PATIENCE)

    def of_stream(self, cookies: Mapping[str, str]) -> Session | None:
        """The session of a stream that goes on, which is no use of it. The provider is asked, and
        not waited for: the next look finds what it said."""
        return self._checked(cookies, self.find(cookies, is_use=False), 0.0)

    def _checked(
        self, cookies: Mapping[str, str], session: Session | None, patience: float
    ) -> Session | None:
        """The session, if its provider still agrees. While that does not answer, the session goes
        on and says so."""
        tokens, id = self._tokens, cookies.get(self.site.cookie, "")
        if session is None or tokens is None:
            return session
        key = session.key
        kept = tokens.find(id, key)
        if kept and tokens.is_due(kept):
            try:
                with suppress(TimeoutError):
                    within(patience, lambda: self._renew(tokens, id, key), _renewals)
            except Denied:
                return None
            kept = tokens.find(id, key)
        return replace(session, silent=kept.silent) if kept else session

    def _renew(self, tokens: RefreshTokens, id: str, key: str) -> None:
        """Ends the session that is over, also when no request waits for the provider any more. A
        full disk ends none."""
        try:
            tokens.renew(id, key)
        except OSError as error:
            log.error("A LOGIN CANNOT BE CHECKED, because its token cannot be kept: %s", error)
        except Denied:
            self.sessions.end(key)
            raise

    def check(self, sent: Request, call: Call, session: Session) -> None:
        """Raises ``Denied`` for a change that no page of the portal has sent for this session."""
        if sent.method in _SAFE:
            return
        refuse_other_origins(sent, self.site)
        token = sent.headers.get(HEADER, "")
        if not token and call.api.sessions == "needed" and sent.mimetype in _FORMS:
            token = sent.form.get(FORM_TOKEN, "")
        if not form_tokens.is_valid(session.form_key, token):
            raise Denied(
                "The form is not of a page of this session: load the page again, and send it once "
                "more. Nothing was done."
            )


def refuse_other_origins(sent: Request, site: Site) -> None:
    """Raises ``Denied`` unless the browser says that a page of the portal sent the request."""
    origin = sent.environ.get("HTTP_ORIGIN", "")
    if not site.is_own_origin(origin, sent.environ.get("HTTP_HOST", "")):
        raise Denied(
            f"The request comes from {origin[:100]!r}, which is not the portal's address: open the "
            "portal at its own address. Behind a proxy, JARVICE_WEB_URL names that. Nothing was "
            "done."
        )
