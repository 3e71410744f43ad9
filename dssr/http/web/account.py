"""``/account``: who is logged in, with which scope, in which sessions; and ``/logout``."""

from flask import Response, request

from dssr.access.provider_users import OIDC
from dssr.access.scopes import Scope
from dssr.access.sessions import LINK, Session
from dssr.errors import NotFound
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.web.api import WebCalls
from dssr.http.web.portal import Portal
from dssr.http.web.provider_login import logged_out
from dssr.http.web.rendering import Pages
from dssr.http.web.token_forms import tokens_for

_WAYS = {
    "token": "a token",
    "basic": "the bridge's password",
    OIDC: "the identity provider",
    LINK: "a link of the bridge's own user",
    "": "no credentials, which this bridge does not ask for",
}


def calls(web: WebCalls, pages: Pages, portal: Portal) -> Calls:
    """The page, and the ends of sessions."""
    calls, sessions = web.private("account"), portal.logins.sessions

    @calls.get("/account", Needs(scope=Scope.READ))
    def show_account() -> Response:
        session = _session()
        return pages.page(
            "account.html",
            way=_WAYS[session.caller.by],
            sessions=sessions.of(session.caller),
            tokens=tokens_for(portal.settings.tokens_file),
        )

    _add_ends(calls, pages, portal)
    return calls


def _add_ends(calls: Calls, pages: Pages, portal: Portal) -> None:
    sessions = portal.logins.sessions

    @calls.post("/account/sessions/end", Needs(scope=Scope.READ))
    def end_session() -> Response:
        key = request.form.get("key", "")
        if key not in {session.key for session in sessions.of(_ending().caller)}:
            raise NotFound("There is no such session of yours: it may have ended.")
        sessions.end(key)
        return pages.redirect("web-account.show_account")

    @calls.post("/account/sessions/end-all", Needs(scope=Scope.READ))
    def end_all_sessions() -> Response:
        own = _ending()
        for session in sessions.of(own.caller):
            sessions.end(session.key)
        return _logged_out(pages, portal, own)

    @calls.post("/logout", Needs(scope=Scope.READ))
    def log_out() -> Response:
        session = _ending()
        sessions.end(session.key)
        return _logged_out(pages, portal, session)


def _logged_out(pages: Pages, portal: Portal, ended: Session) -> Response:
    """After the end of the session here, the provider's ends, too."""
    current().session = None  # no page has its forms any more
    if portal.by_provider and ended.caller.by == OIDC:
        response = logged_out(pages, portal.by_provider)
    else:
        response = pages.redirect("web-login.show_login", ended=1)
    response.delete_cookie(portal.site.cookie, path=portal.site.cookie_path)
    # What is stored is left: it belongs to the whole origin, where a proxy has others, too.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _session() -> Session:
    session = current().session
    assert session is not None, "the gate lets none pass without one"
    return session


def _ending() -> Session:
    """The caller's, in a call that ends sessions: the audit log has it."""
    current().is_audited = True
    return _session()
