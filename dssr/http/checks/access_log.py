"""One line in the log for each request that failed: which call, from where, and the reason."""

import logging

from flask import request

from dssr.http.errors import sentence
from dssr.http.request import current

log = logging.getLogger(__name__)


def note_failure(status: int) -> None:
    """Log that the current request failed with that status; a fault of the bridge with a traceback.

    Bodies and query strings are never logged.
    """
    now = current()
    write(
        f"{request.method} {request.path}",
        request.remote_addr or "?",
        status,
        now.failure,
        now.exception,
        logging.INFO if now.is_expected else logging.WARNING,
    )


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
