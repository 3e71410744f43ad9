"""``/login/provider`` and ``/login/callback``: a login by an OpenID Connect provider.

A browser leaves for the provider by a link, or, where a form is kept, by a page that leads on by
itself: after a form was sent, the policy of pages lets a browser be led to no other site.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256

from flask import Response, request

from dssr.access.limits import network
from dssr.access.pending_logins import VALID, Pending
from dssr.access.refresh_tokens import Kept
from dssr.access.scopes import Caller, Scope
from dssr.errors import Denied, DssrError, NotFound, TooMany
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.by_provider import ByProvider
from dssr.http.web.kept_form import kept_form
from dssr.http.web.login import LOGIN, begin_session, check_sender, kept_fields, next_path, refused
from dssr.http.web.portal import Portal
from dssr.http.web.rendering import Pages
from dssr.identity.provider.provider import Attempt, Grant

_NONE: Mapping[str, str] = {}
_LOST = (
    "This login has ended, was used already, or began in another browser: log in again. Nothing "
    "was done."
)
_LONGEST = 200  # characters of what came with an address


def all_calls(web: WebCalls, pages: Pages, portal: Portal, use_cases: UseCases) -> Sequence[Calls]:
    """The calls, where there is a provider."""
    by = portal.by_provider
    if by is None:
        return ()
    return (
        _leaving(web, pages, portal, by),
        _coming_back(web, pages, portal, by),
        _form_again(web, pages, portal, by, use_cases),
    )


def logged_out(pages: Pages, by: ByProvider) -> Response:
    """After the end of a session here: the provider's ends as well, if it answers."""
    try:
        address = by.provider.end_address(f"{by.provider.root}/login?ended=1")
    except DssrError:
        return pages.redirect("web-login.show_login", ended=1, left=1)
    if not address:
        return pages.redirect("web-login.show_login", ended=1, left=1)
    return pages.leave(
        address, by.provider.host, "You have logged out here", "Next, your session ends at"
    )


def _leaving(web: WebCalls, pages: Pages, portal: Portal, by: ByProvider) -> Calls:
    calls = web.public("provider")

    def leave(kept: Mapping[str, str]) -> Response:
        secret = secrets.token_urlsafe(32)
        try:
            by.beginnings.take(network(request.remote_addr or ""))
        except TooMany as error:
            return refused(pages, error, kept)
        state, pending = by.pending.begin(next_path(), kept, secret)
        try:
            address = by.provider.address(_attempt(state, pending))
        except DssrError as error:
            by.pending.take(state, secret)
            return refused(pages, error, kept)
        if kept:
            response = pages.leave(
                address, by.provider.host, "You are sent to the login", "Next, you log in at"
            )
        else:
            response = Response(status=303, headers={"Location": address})
        _set_cookie(portal, response, state, secret, VALID)
        return response

    @calls.get("/login/provider", Needs(scope=Scope.NONE))
    def leave_for_login() -> Response:
        return leave(_NONE)

    @calls.post("/login/provider", LOGIN)
    def leave_with_form() -> Response:
        check_sender(portal)
        return leave(kept_fields())

    return calls


def _coming_back(web: WebCalls, pages: Pages, portal: Portal, by: ByProvider) -> Calls:
    calls = web.public("provider-back")

    @calls.get("/login/callback", Needs(scope=Scope.NONE))
    def come_back() -> Response:
        state = request.args.get("state", "")
        secret = request.cookies.get(_cookie(portal, state), "")
        pending = by.pending.take(state, secret)
        try:
            if pending is None:
                raise Denied(_LOST)
            grant = _grant(by, state, pending)
            caller = _caller(by, grant)
        except DssrError as error:
            kept, next = (pending.kept, pending.next) if pending else (_NONE, "")
            response = refused(pages, error, kept, next)
        else:

            def keep(id: str, key: str) -> None:
                if grant.refresh_token:
                    due = time.time() + grant.lasts
                    by.tokens.keep(id, key, Kept(grant.refresh_token, grant.subject, due))

            response = begin_session(portal, caller, lambda: _led_on(pages, by, pending), keep)
        _set_cookie(portal, response, state, "", 0)
        return response

    return calls


def _led_on(pages: Pages, by: ByProvider, pending: Pending) -> Response:
    """To where the login leads; a kept form is for this session alone."""
    if not pending.kept:
        return pages.redirect_to(pending.next)
    session = current().session
    name, _ = by.pending.begin("", pending.kept, session.key if session else "")
    return pages.redirect("web-provider-form.show_form_again", form=name)


def _form_again(
    web: WebCalls, pages: Pages, portal: Portal, by: ByProvider, use_cases: UseCases
) -> Calls:
    calls = web.private("provider-form")

    @calls.get("/login/form", Needs(scope=Scope.READ))
    def show_form_again() -> Response:
        session = current().session
        key = session.key if session else ""
        pending = by.pending.find(request.args.get("form", ""), key)
        if pending is None:
            raise NotFound("This form was kept for 10 minutes, which are over: fill it in again.")
        return kept_form(pages, portal, use_cases, pending.kept)

    return calls


def _grant(by: ByProvider, state: str, pending: Pending) -> Grant:
    """Who has logged in, by what the browser brings. Raises ``Denied`` and ``Unavailable``."""
    by.provider.check_sender(request.args.get("iss"))
    if error := request.args.get("error", ""):
        about = request.args.get("error_description", "")
        said = "".join(c for c in f"{error}: {about}" if c.isprintable())[:_LONGEST]
        raise Denied(f"{by.provider.host} has not logged you in ({said.strip(': ')}): try again.")
    return by.provider.redeem(request.args.get("code", ""), _attempt(state, pending))


def _caller(by: ByProvider, grant: Grant) -> Caller:
    try:
        return by.users.caller(grant.user)
    except Denied as error:
        raise Denied(
            f"You are {grant.user!r} at {by.provider.host}, who has no user on this cluster: ask "
            "the bridge's operator to map you to yours."
        ) from error


def _attempt(state: str, pending: Pending) -> Attempt:
    return Attempt(state, pending.nonce, pending.verifier)


def _cookie(portal: Portal, state: str) -> str:
    """The name of the cookie of one login: several may be under way in one browser."""
    return f"{portal.site.cookie}_{sha256(state.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _set_cookie(portal: Portal, response: Response, state: str, secret: str, age: int) -> None:
    site = portal.site
    response.set_cookie(
        _cookie(portal, state),
        secret,
        max_age=age,
        path=site.cookie_path,
        secure=site.is_secure,
        httponly=True,
        samesite="Lax",
    )
