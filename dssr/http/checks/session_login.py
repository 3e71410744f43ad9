"""Callers who have logged in to the portal: from the session's cookie to the session, and whether a
page of the portal sent what changes something.
"""

from collections.abc import Mapping

from flask import Request

from dssr.access import form_tokens
from dssr.access.sessions import Session, Sessions
from dssr.errors import Denied
from dssr.http.call import Call
from dssr.http.site import Site

FORM_TOKEN = "form_token"  # noqa: S105 - the name of the field of a form; scripts send the header
HEADER = "X-Form-Token"
UNATTENDED = "HTTP_X_UNATTENDED"  # in WSGI: what scripts send with loads that no user asked for
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class SessionLogin:
    """The sessions of a site, for the gate."""

    def __init__(self, sessions: Sessions, site: Site) -> None:
        self.sessions, self.site = sessions, site

    def find(self, cookies: Mapping[str, str], *, is_use: bool = True) -> Session | None:
        """The session that the cookie names, if it is valid. ``is_use``: it counts as used."""
        return self.sessions.find(cookies.get(self.site.cookie, ""), is_use=is_use)

    def of_request(self, sent: Request) -> Session | None:
        """The session of a request. What an open tab loads by itself counts as no use: its scripts'
        updates, and streams, which a browser opens again."""
        is_stream = sent.environ.get("HTTP_ACCEPT", "") == "text/event-stream"
        return self.find(sent.cookies, is_use=not is_stream and UNATTENDED not in sent.environ)

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
