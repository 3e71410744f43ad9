"""``/login``: from a token, a password or a one-time code to a session."""

import base64
from collections.abc import Callable, Mapping

from flask import Response, request

from dssr.access.one_time_codes import VALID, is_code
from dssr.access.scopes import Caller, Scope
from dssr.access.sessions import LINK
from dssr.access.tokens import name_in
from dssr.errors import DssrError, TooMany, Unavailable, Unidentified
from dssr.http.call import MEGABYTE, Calls, Needs
from dssr.http.checks.session_login import refuse_other_origins
from dssr.http.errors import status_of
from dssr.http.request import current
from dssr.http.site import local_path
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.ended_session import why_over
from dssr.http.web.kept_form import kept_form
from dssr.http.web.portal import Portal
from dssr.http.web.rendering import Pages
from dssr.settings import own_name

KEPT = "kept."  # how the names of fields begin that a form had before the login
_ANYONE = Caller("anyone", Scope.ADMIN)  # where no caller needs credentials
LOGIN = Needs(
    scope=Scope.NONE,
    body=2 * MEGABYTE,  # with a form whose session has ended
    too_large="go back to the form, log in by another tab, and send it again",
)
_TRIED = "tried"  # in an address: a cookie was set with the response that led here
_NO_SESSION = "none"  # such a cookie
_NO_COOKIE = (
    "Your browser has sent no cookie back, and the portal knows its forms by one: allow cookies for"
    " this address, then open the page again."
)
_OWN_USER = own_name() or "owner"


def calls(web: WebCalls, pages: Pages, portal: Portal, use_cases: UseCases) -> Calls:
    """The page, and what its form does."""
    calls = web.public("login")

    @calls.get("/login", Needs(scope=Scope.NONE))
    def show_login() -> Response:
        if portal.credentials is None and "next" in request.args:
            return _let_in(pages, portal)
        message = _left(portal) or why_over(portal.logins)
        return pages.page("login.html", message=message, next=next_path(), kept={})

    @calls.post("/login", LOGIN)
    def log_in() -> Response:
        check_sender(portal)
        kept = kept_fields()
        try:
            caller = _caller(portal, request.form.get("token", "").strip())
        except (Unidentified, TooMany) as error:
            if portal.logins.find(request.cookies) and not kept and _is_code():
                return pages.redirect_to(next_path())
            return refused(pages, error, kept)
        if kept:
            return begin_session(portal, caller, lambda: kept_form(pages, portal, use_cases, kept))
        return begin_session(portal, caller, lambda: pages.redirect_to(next_path()))

    return calls


def _let_in(pages: Pages, portal: Portal) -> Response:
    """The page that a browser wants, where no caller needs credentials. A session begins once the
    browser has sent a cookie back: programs that keep none would leave one with each request."""
    there = pages.redirect_to(next_path())
    if portal.logins.find(request.cookies):
        return there
    if portal.site.cookie in request.cookies:
        return begin_session(portal, _ANYONE, lambda: there)
    if _TRIED in request.args:
        return pages.page("login.html", message=_NO_COOKIE, next=next_path(), kept={})
    again = pages.redirect("web-login.show_login", next=next_path(), **{_TRIED: 1})
    _set_cookie(portal, again, _NO_SESSION)
    return again


def check_sender(portal: Portal) -> None:
    """Raises ``Denied`` for a login that no page of the portal has sent, which is refused as the
    gate refuses."""
    now = current()
    now.stopped = True
    refuse_other_origins(request, portal.site)
    now.stopped = False


def _left(portal: Portal) -> str:
    """A sentence after a logout that did not reach the provider."""
    if not portal.by_provider or "left" not in request.args:
        return ""
    return (
        f"You have logged out here. Your session at {portal.by_provider.provider.host} could not "
        "be ended from here: end it there, or close the browser."
    )


def refused(pages: Pages, error: DssrError, kept: Mapping[str, str], next: str = "") -> Response:
    """The page after a login that was refused, which the audit log shows. ``next``: where the
    login leads to; empty: what the request says."""
    now = current()
    now.failure, now.stopped = error.message, True
    values = {"message": error.message, "next": next or next_path(), "kept": kept}
    response = pages.page("login.html", status_of(error), **values)
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def kept_fields() -> Mapping[str, str]:
    """The fields of a form that are kept during a login."""
    return {
        name.removeprefix(KEPT): value
        for name, value in request.form.items()
        if name.startswith(KEPT)
    }


def _caller(portal: Portal, text: str) -> Caller:
    """Whom a token, a password or a code names. Raises ``Unidentified`` and ``TooMany``."""
    if portal.codes.redeem(text):
        return Caller(_OWN_USER, Scope.ADMIN, LINK)
    if portal.credentials is None:
        return _ANYONE
    if not text:
        raise Unidentified("The field is empty: paste your token.")
    is_password = name_in(text) is None and ":" in text
    header = f"Basic {_base64(text)}" if is_password else f"Bearer {text}"
    try:
        return portal.credentials.caller(header, request.remote_addr or "")
    except Unidentified as error:
        code = f"the code of a link is valid once, for {VALID} seconds"
        if _is_code():
            raise Unidentified(
                f"This is not valid: {code}. For another one: dssr web --link"
            ) from error
        raise Unidentified(
            f"This is not valid: a token may be mistyped, revoked or expired, and {code}."
        ) from error


def _is_code() -> bool:
    """Whether what was sent looks like the code of a link."""
    return is_code(request.form.get("token", "").strip())


def begin_session(
    portal: Portal,
    caller: Caller,
    make: Callable[[], Response],
    keep: Callable[[str, str], None] = lambda _id, _key: None,
) -> Response:
    """A response of a new session, whatever session there was before. ``keep`` is called with its
    id and its key."""
    sessions = portal.logins.sessions
    if before := portal.logins.find(request.cookies):
        sessions.end(before.key)
    now, id = current(), sessions.begin(caller)
    now.caller, now.is_audited = caller, True
    now.session = session = sessions.find(id)
    if session:
        keep(id, session.key)
    response = make()
    _set_cookie(portal, response, id)
    return response


def _set_cookie(portal: Portal, response: Response, value: str) -> None:
    response.set_cookie(
        portal.site.cookie,
        value,
        path=portal.site.cookie_path,
        secure=portal.site.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


def next_path() -> str:
    """The path that a login leads to."""
    return local_path(request.values.get("next", "/"))
