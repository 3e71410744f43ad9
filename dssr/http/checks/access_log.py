"""One line in the log for each request that failed: what was asked, from where, and why not."""

import logging

from flask import Flask, Response, g, request

from dssr.http.errors import sentence

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Have ``app`` log its failures; a traceback only for what nobody foresaw. Bodies and query strings are never shown."""
    app.after_request(_note)


def _note(response: Response) -> Response:
    if response.status_code >= 400:
        write(
            f"{request.method} {request.path}",
            request.remote_addr or "?",
            response.status_code,
            g.get("failure", ""),
            g.get("exception"),
            logging.INFO if g.get("expected") else logging.WARNING,
        )
    return response


def write(
    what: str,
    who: str,
    status: int,
    why: str,
    exception: Exception | None = None,
    level: int = logging.WARNING,
) -> None:
    """Log one failed request: what was called, by whom, the status it got, and the reason. An exception is an error."""
    level = level if exception is None else logging.ERROR
    log.log(
        level,
        "%s from %s: %s %s",
        sentence(what)[:200],
        who,
        status,
        sentence(why),
        exc_info=exception,
    )
