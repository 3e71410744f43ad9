"""One line in the log for each request that failed: which call, from where, and the reason."""

import logging

from flask import Flask, Response, request

from dssr.http.errors import sentence
from dssr.http.request import current

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Have ``app`` log its failures, faults of the bridge with a traceback.

    Bodies and query strings are never logged.
    """
    app.after_request(_note)


def _note(response: Response) -> Response:
    if response.status_code >= 400:
        now = current()
        write(
            f"{request.method} {request.path}",
            request.remote_addr or "?",
            response.status_code,
            now.failure,
            now.exception,
            logging.INFO if now.is_expected else logging.WARNING,
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
    """Log a failed request: what was called, by whom, its status, and the reason.

    An exception makes it an error.
    """
    log.log(
        level if exception is None else logging.ERROR,
        "%s from %s: %s %s",
        sentence(what)[:200],
        who,
        status,
        sentence(why),
        exc_info=exception,
    )
