"""Pages from templates: what each of them knows, and how it is sent."""

import gzip
from typing import Any

from flask import Response, has_request_context, request, stream_with_context, url_for
from jinja2 import Environment, PackageLoader, StrictUndefined

from dssr.access import form_tokens
from dssr.access.scopes import Scope
from dssr.http.call import Failure
from dssr.http.request import current
from dssr.http.site import Site
from dssr.http.static_files import StaticFiles
from dssr.http.v1.slots import Slot
from dssr.http.web.file_views import printable, quoted
from dssr.http.web.wording import FILTERS

ASSETS = StaticFiles("dssr.http.web")
_HTML = "text/html; charset=utf-8"
_WORTH_PACKING = 1000  # bytes
_TITLES = {
    400: "The request is wrong",
    403: "Not allowed",
    404: "Not found",
    409: "Not possible in this state",
    413: "Too large",
    422: "Refused by the scheduler",
    429: "Too many requests",
    503: "No answer at the moment",
    507: "There is no room",
}


class Pages:
    """The templates of a site."""

    def __init__(self, site: Site, **always: Any) -> None:
        """``always``: what all templates know besides."""
        self._site = site
        self._templates = Environment(
            loader=PackageLoader("dssr.http.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(FILTERS, printable=printable, quoted=quoted)
        self._templates.globals.update(always, url_for=self.url, asset=self._asset)

    def url(self, endpoint: str, **values: Any) -> str:
        """The link to a call, below the site's prefix."""
        return self._site.link(url_for(endpoint, **values))

    def root(self) -> str:
        """The address of the bridge, as the browser knows it."""
        return (self._site.origin or request.host_url.rstrip("/")) + self._site.prefix

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page from a template."""
        data = self._render(template, **values).encode("utf-8", "replace")
        response = Response(status=status, content_type=_HTML)
        if len(data) > _WORTH_PACKING and request.accept_encodings["gzip"] > 0:
            data = gzip.compress(data, 5)
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding, Cookie"
        response.set_data(data)
        return response

    def stream(self, template: str, slot: Slot, **values: Any) -> Response:
        """A page that is sent as its parts are found. ``slot``: its place among what is large."""
        parts = self._templates.get_template(template).generate(**self._common(), **values)
        found = (part.encode("utf-8", "replace") for part in parts)
        return slot.response(stream_with_context(found), {"X-Accel-Buffering": "no"}, _HTML)

    def redirect(self, endpoint: str, **values: Any) -> Response:
        """A response that sends the browser to another page."""
        return self.redirect_to(url_for(endpoint, **values))

    def redirect_to(self, path: str) -> Response:
        """The same for a path of the bridge."""
        return Response(status=303, headers={"Location": self._site.link(path)})

    def leave(self, address: str, host: str, title: str, next: str) -> Response:
        """A page that leads on to another site by itself, which a redirection after a form may
        not. ``next``: what is there, before the name of the host."""
        response = self.page("leave.html", address=address, host=host, title=title, next=next)
        response.headers["Refresh"] = f"0; url={address}"
        return response

    def error(self, failure: Failure) -> tuple[str, str]:
        """The page of an error. The server itself refuses some requests before there is a page
        that links could lead back to."""
        values = {"title": _TITLES.get(failure.status, "An error"), "failure": failure}
        if not has_request_context():
            return self._templates.get_template("bare_error.html").render(values), _HTML
        return self._render("error.html", method=request.method, **values), _HTML

    def _render(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(**self._common(), **values)

    def _common(self) -> dict[str, Any]:
        """What all templates know."""
        session = current().session
        token = form_tokens.make(session.form_key) if session else ""
        return {
            "session": session,
            "may_submit": session is not None and session.caller.scope >= Scope.SUBMIT,
            "form_token": token,
            "path": request.path,
        }

    def _asset(self, name: str) -> str:
        return self.url("web-assets.show_asset", version=ASSETS.version, name=name)
