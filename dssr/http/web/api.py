"""The calls of the portal: what they have in common.

A page is a call like any other: it declares its scope, and the gate finds out who asks, here by
their session. All responses have the same headers.
"""

from dataclasses import replace
from functools import partial

from flask import Request, Response, jsonify, request

from dssr.access.scopes import Scope
from dssr.http.call import Api, Calls
from dssr.http.request import current
from dssr.http.site import Site
from dssr.http.v1.pages import start_document, wants_page
from dssr.http.web.form_files import form_to_keep
from dssr.http.web.rendering import Pages

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    # With no-referrer, a browser would send forms without their origin.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_COOKIE = ("Cookie",)


class WebCalls:
    """Makes the groups of the portal's calls."""

    def __init__(self, pages: Pages, site: Site) -> None:
        log_in = partial(_log_in, pages, site)
        self._private = Api(
            "web", pages.error, credentials=_COOKIE, sessions="needed", log_in=log_in
        )
        # A path of its own, so that the server looks for listeners there alone.
        self._listening = replace(self._private, prefix="/follow", has_listeners=True)
        self._unknown = replace(
            self._private,
            unknown=Scope.READ,
            answers_unknown=_is_of_browser,
            no_call="page {}",
        )
        # A login may bring back a large form of a session that has ended, whose cookie is left.
        self._public = Api("web", pages.error, credentials=_COOKIE)

    def private(self, name: str) -> Calls:
        """Calls for those who have logged in."""
        return _with_headers(Calls(self._private, f"web-{name}"))

    def listening(self, name: str) -> Calls:
        """Calls for those who have logged in, and listen."""
        return _with_headers(Calls(self._listening, f"web-{name}"))

    def public(self, name: str) -> Calls:
        """Calls for all."""
        return _with_headers(Calls(self._public, f"web-{name}"))

    def unknown(self) -> Calls:
        """No calls: pages for the paths that a browser asks for and that nothing has."""
        calls = Calls(self._unknown, "web-unknown")

        @calls.blueprint.after_app_request
        def add_headers(response: Response) -> Response:
            return _add_headers(response) if current().call.api is self._unknown else response

        return calls


def _is_of_browser(sent: Request) -> bool:
    """Whether someone opens an address. Programs that have credentials are not at the portal."""
    is_open = sent.method in ("GET", "HEAD") and "Authorization" not in sent.headers
    return is_open and wants_page()


def _log_in(pages: Pages, site: Site, message: str) -> Response:
    """The login, from which a reader comes back to the page that they wanted. What they sent from
    a page of the portal comes back as well, in the form that they filled in. Programs that
    ask for the start page get the list of calls."""
    if request.path == "/" and not wants_page():
        return jsonify(start_document())
    if request.headers.get("Accept", "") == "text/event-stream":  # a page's script reads no page
        return Response(message, 401, content_type="text/plain; charset=utf-8")
    if request.method in ("GET", "HEAD"):
        return pages.redirect("web-login.show_login", next=request.full_path.rstrip("?"))
    is_own = site.is_own_origin(request.headers.get("Origin", ""), request.host)
    comes_back = request.path in ("/jobs", "/services") or request.path.startswith("/templates/")
    kept = form_to_keep() if comes_back and is_own else {}
    return pages.page("login.html", 401, message=message, next="/", kept=kept)


def _with_headers(calls: Calls) -> Calls:
    calls.blueprint.after_request(_add_headers)
    return calls


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
