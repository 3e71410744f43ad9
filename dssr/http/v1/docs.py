"""``/docs``: the API to read and to try in a browser. The bridge serves all of it."""

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import NotFound
from dssr.http.call import Calls, Needs
from dssr.http.static_files import StaticFiles
from dssr.http.v1.pages import PAGES, SAFE

_FILES = StaticFiles("dssr.http.v1")
_OWN = ("docs.css", "docs.js", "page.css")


def calls() -> Calls:
    """The page, and the files that it needs."""
    calls = Calls(PAGES, "docs")

    @calls.get("/docs", Needs(scope=Scope.NONE, at_once=True))
    def docs() -> Response:
        return _file("docs.html")

    @calls.get("/docs/<name>", Needs(scope=Scope.NONE))
    def docs_file(name: str) -> Response:
        path = name if name in _OWN else f"vendor/{name}"
        if path not in _FILES.names:
            raise NotFound(f"There is no file {name[:60]!r} here: GET /docs is the page.")
        return _file(path)

    return calls


def _file(name: str) -> Response:
    response = _FILES.response(name)
    response.headers.extend(SAFE)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(_FILES.file(name).tag, weak=True)
    response.make_conditional(request)
    return response
