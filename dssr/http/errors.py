"""Every error's HTTP status, and its body: one sentence of text/plain that says what is wrong and what to do."""

import secrets
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from dssr import errors

STATUS: dict[type[errors.DssrError], int] = {
    errors.BadRequest: 400,
    errors.TooLarge: 413,
    errors.Unidentified: 401,
    errors.Denied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Refused: 502,
    errors.RefusedRequest: 400,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    errors.DssrError: 500,
}
# what the contract answers otherwise for one call
STATUS_OF_CALL: dict[tuple[str, type[errors.DssrError]], int] = {
    ("release", errors.Refused): 500,
    ("pvcls", errors.NotFound): 401,
    ("pvcls", errors.Denied): 401,
}
SCHEMES = [
    'Basic realm="dssr", charset="UTF-8"',
    'Bearer realm="dssr"',
]  # how a caller may say who it is (RFC 7617, RFC 6750)
_LONGEST = 2000  # characters of a sentence; a scheduler's words can be long


def register(app: Flask) -> None:
    """Have ``app`` answer every error in these words; ``g.failure``, ``g.expected`` and ``g.exception`` are for the log."""
    app.register_error_handler(errors.DssrError, _ours)
    app.register_error_handler(HTTPException, _flask)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: errors.DssrError, call: str = "") -> int:
    """The status of an error, in a call (its endpoint's name): the nearest class in the tables decides."""
    classes = [c for c in type(error).__mro__ if issubclass(c, errors.DssrError)]
    here = (STATUS_OF_CALL[call, c] for c in classes if (call, c) in STATUS_OF_CALL)
    return next(here, next(STATUS[c] for c in classes if c in STATUS))


def failed(status: int, message: str, headers: dict[str, Any] | None = None) -> Response:
    """An error's answer, noted for the log."""
    g.failure = sentence(message)
    return Response(g.failure + "\n", status, headers, content_type="text/plain; charset=utf-8")


def sentence(message: str) -> str:
    """``message`` on one line, nothing in it that could move a terminal's cursor or forge a line of a log."""
    line = "".join(c if c.isprintable() else "?" for c in " ".join(message.split()))
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "..."


def too_large(limit: int) -> str:
    """What to tell the sender of a body of more than ``limit`` bytes."""
    return f"The request is larger than the {limit // 1024 // 1024} MB taken here: send less, or raise JARVICE_SCHED_MAX_BODY_MB."


def _ours(error: errors.DssrError) -> Response:
    headers: dict[str, Any] | None = None
    if isinstance(error, errors.Unavailable):
        headers = {"Retry-After": str(error.retry_after)}
    elif isinstance(error, errors.Unidentified):
        headers = {"WWW-Authenticate": SCHEMES}
    call = (
        "" if g.get("stopped") else (request.endpoint or "").rpartition(".")[2]
    )  # at the gate no call has begun
    answer = failed(status_of(error, call), error.message, headers)
    if isinstance(error, errors.Unidentified):
        g.failure = g.failure.partition(": ")[
            0
        ]  # what is to be sent instead is for the caller; pollers repeat themselves
    g.expected = isinstance(error, errors.NotFinal)  # whoever waits for a job's end asks so
    return answer


def _flask(error: HTTPException) -> Response:
    allowed = ", ".join(
        sorted(set(getattr(error, "valid_methods", None) or ()) - {"HEAD", "OPTIONS"})
    )
    limit = request.max_content_length or 0
    words = {
        404: f"There is no call {request.path[:100]!r}: the README lists them.",
        405: f"{request.path[:100]} cannot be called by {request.method}: use {allowed}.",
        413: too_large(limit),
    }
    status = error.code or 500
    return failed(
        status,
        words.get(status) or f"{error.name}: {error.description}",
        {"Allow": allowed} if allowed else None,
    )


def _unexpected(error: Exception) -> Response:
    g.exception = error
    g.request_id = secrets.token_hex(4)
    return failed(
        500,
        f"The bridge has a fault: tell its operator to look for request {g.request_id} in its log.",
    )
