"""The files that pages load: style and scripts, all from the bridge itself."""

from flask import Response

from dssr.access.scopes import Scope
from dssr.errors import NotFound
from dssr.http.call import Calls, Needs
from dssr.http.web.api import WebCalls
from dssr.http.web.rendering import ASSETS

_A_YEAR = "public, max-age=31536000, immutable"


def calls(web: WebCalls) -> Calls:
    """The call that returns them. Their version is a part of their paths, so that a script's
    imports are of the same version, too."""
    calls = web.public("assets")

    @calls.get("/static/<version>/<path:name>", Needs(scope=Scope.NONE))
    def show_asset(version: str, name: str) -> Response:
        if name not in ASSETS.names:
            raise NotFound(f"There is no file {name[:80]!r} here.")
        response = ASSETS.response(name)
        is_current = version == ASSETS.version
        response.headers["Cache-Control"] = _A_YEAR if is_current else "no-store"
        return response

    return calls
