"""The call that returns the files which pages load."""

from pathlib import Path

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import NotFound
from dssr.http.call import Calls, Needs
from dssr.http.web.api import WebCalls
from dssr.http.web.asset_files import TYPES, asset, names
from dssr.http.web.asset_files import version as current_version

_A_YEAR = "public, max-age=31536000, immutable"


def calls(web: WebCalls) -> Calls:
    """The call."""
    calls = web.public("assets")

    @calls.get("/static/<version>/<path:name>", Needs(scope=Scope.NONE))
    def show_asset(version: str, name: str) -> Response:
        if name not in names():
            raise NotFound(f"There is no file {name[:80]!r} here.")
        file, is_packed = asset(name), request.accept_encodings["gzip"] > 0
        response = Response(
            file.packed if is_packed else file.data, content_type=TYPES[Path(name).suffix]
        )
        response.headers["Vary"] = "Accept-Encoding"
        is_current = version == current_version()
        response.headers["Cache-Control"] = _A_YEAR if is_current else "no-store"
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        return response

    return calls
