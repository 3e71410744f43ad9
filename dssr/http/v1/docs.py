"""``/docs``: the API to read and to try in a browser. The bridge serves all of it."""

import gzip
import hashlib
import json
from functools import cache
from importlib.resources import files

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import NotFound
from dssr.http.call import Calls, Needs
from dssr.http.v1.pages import PAGES, SAFE

_STATIC = files("dssr.http.v1") / "static"
_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
_OWN = ("docs.js", "page.css")


def calls() -> Calls:
    """The page, and the files that it needs."""
    calls = Calls(PAGES, "docs")

    @calls.get("/docs", Needs(scope=Scope.NONE, at_once=True))
    def docs() -> Response:
        return _file("docs.html")

    @calls.get("/docs/<name>", Needs(scope=Scope.NONE))
    def docs_file(name: str) -> Response:
        if name in _OWN:
            return _file(name)
        if name in vendored():
            return _file(f"vendor/{name}")
        raise NotFound(f"There is no file {name[:60]!r} here: GET /docs is the page.")

    return calls


@cache
def vendored() -> frozenset[str]:
    """The names of the files of other projects."""
    manifest = json.loads((_STATIC / "vendor/manifest.json").read_text("utf-8"))
    return frozenset(file["name"] for package in manifest for file in package["files"])


@cache
def _content(name: str) -> tuple[bytes, bytes, str]:
    """The file, the same compressed, its entity tag. Compressed, the page is 0.5 MB."""
    data = (_STATIC / name).read_bytes()
    return data, gzip.compress(data, mtime=0), hashlib.sha256(data).hexdigest()[:24]


def _file(name: str) -> Response:
    data, packed, tag = _content(name)
    is_packed = request.accept_encodings["gzip"] > 0
    response = Response(
        packed if is_packed else data, headers=SAFE, content_type=_TYPES[name.rpartition(".")[2]]
    )
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(tag, weak=True)
    response.make_conditional(request)
    return response
