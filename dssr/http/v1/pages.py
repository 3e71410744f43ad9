"""Small pages for a browser: the start page, and one for each error."""

from html import escape
from importlib.metadata import version
from typing import Any

from flask import Response, current_app, jsonify, request

from dssr.access.scopes import Scope
from dssr.errors import NotFound
from dssr.http.call import Api, Calls, Needs
from dssr.http.errors import plain_text
from dssr.http.v1.openapi import described_calls, group_of
from dssr.http.v1.problems import PROBLEMS

PAGES = Api("pages", plain_text)
# Nothing of another host, nothing inline; no other site may show the page in a frame.
SAFE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def calls(*, has_portal: bool = False) -> Calls:
    """The calls that return these pages. ``has_portal``: the start page is the portal's."""
    calls = Calls(PAGES)
    if not has_portal:

        @calls.get("/", Needs(scope=Scope.NONE, at_once=True))
        def start() -> Response:
            response = _start_page() if wants_page() else jsonify(start_document())
            response.headers["Vary"] = "Accept"
            return response

    @calls.get("/problems/<slug>", Needs(scope=Scope.NONE))
    def problem(slug: str) -> Response:
        if slug not in PROBLEMS:
            raise NotFound(f"There is no error {slug[:40]!r}: there are {', '.join(PROBLEMS)}.")
        return _problem_page(slug)

    return calls


def page(title: str, body: str, top: str = "") -> Response:
    """A page. ``body`` is HTML; ``top``: the way from the page up to the start page."""
    text = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f'<link rel="stylesheet" href="{top}docs/page.css">\n<link rel="icon" href="data:,">\n'
        f"</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
    return Response(text, headers=SAFE, content_type="text/html; charset=utf-8")


def wants_page() -> bool:
    """Whether the request is a browser's, which prefers a page to JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def start_document() -> dict[str, Any]:
    """What the start page says to programs: the calls, and where they are described."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    calls = [
        {
            "method": method,
            "path": path,
            "summary": described.summary,
            "scope": call.scope.word if call.scope else None,
        }
        for path, method, call, described in described_calls(app)
    ]
    return {
        "name": "dssr",
        "version": version("dssr"),
        "docs": "/docs",
        "openapi": "/api/v1/openapi.json",
        "legacy_openapi": "/openapi.json",
        "calls": calls,
    }


def _start_page() -> Response:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    rows = "\n".join(
        f"<tr><td><code>{method} {escape(path)}</code></td><td>"
        f'<a href="docs#/{group_of(path)}/{call.name}">{escape(described.summary)}</a></td></tr>'
        for path, method, call, described in described_calls(app)
    )
    return page(
        f"dssr {version('dssr')}",
        "<p>This bridge carries jobs to a scheduler. "
        '<a href="docs">Read and try its API</a>. Programs get this page as JSON.</p>\n'
        f"<table>\n{rows}\n</table>",
    )


def _problem_page(slug: str) -> Response:
    problem = PROBLEMS[slug]
    return page(
        problem.title,
        f"<p><code>{slug}</code>, HTTP status {problem.status}</p>\n"
        f"<p>{escape(problem.about)}</p>\n<h2>What to do</h2>\n"
        f"<p>{escape(problem.cure)}</p>\n"
        '<p><a href="../docs">The API</a>, <a href="../">all calls</a></p>',
        top="../",
    )
