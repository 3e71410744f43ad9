"""The HTTP status of every error. Each API renders its errors itself."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable

from dssr import errors, request_id
from dssr.http.call import Call, Failure, Statuses
from dssr.http.request import current

STATUS: Statuses = {
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
# What an error is called where programs read it.
SLUGS: Mapping[type[errors.DssrError], str] = {
    errors.BadRequest: "bad-request",
    errors.TooLarge: "too-large",
    errors.Unidentified: "unauthenticated",
    errors.Denied: "forbidden",
    errors.NotFound: "not-found",
    errors.Conflict: "conflict",
    errors.Refused: "refused-by-scheduler",
    errors.NoSpace: "no-space",
    errors.Unwritable: "not-written",
    errors.TooMany: "too-many-requests",
    errors.Busy: "busy",
    errors.Stopping: "stopping",
    errors.NotFinal: "not-ended",
    errors.OutcomeUnknown: "outcome-unknown",
    errors.Unavailable: "cluster-unavailable",
    errors.DssrError: "internal",
}
# The ways to authenticate (RFC 7617, RFC 6750).
_SCHEMES = ['Basic realm="dssr", charset="UTF-8"', 'Bearer realm="dssr"']
_LONGEST = 2000  # characters of a sentence; those of a scheduler can be long


def register(app: Flask) -> None:
    """Have ``app`` answer each error as the API of its call renders it, and note it for logs."""
    app.register_error_handler(errors.DssrError, _ours)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _fault)


def status_of(error: errors.DssrError, call: Call | None = None) -> int:
    """The status of an error in a call: what the call declares, else its API, else ``STATUS``.

    In each of them, the nearest class of the error decides.
    """
    declared = (call.statuses, call.api.statuses, STATUS) if call else (STATUS,)
    kinds = type(error).__mro__
    return next(statuses[kind] for statuses in declared for kind in kinds if kind in statuses)


def slug(kind: type[errors.DssrError] | None) -> str:
    """What an error of that kind is called; ``None``: a fault of the bridge."""
    return next(SLUGS[each] for each in (kind or errors.DssrError).__mro__ if each in SLUGS)


def schemes_for(mode: str, *, has_cookies: bool) -> list[str]:
    """How a caller may say who they are. Not by 'Basic' for a page of this bridge: the browser
    would ask its user for a password by itself, and the page would wait for that.

    ``mode``: of Sec-Fetch-Mode, which is there by https or on this machine only (W3C Fetch
    Metadata, 2.2).
    """
    return _SCHEMES[1:] if has_cookies or mode not in ("", "navigate") else _SCHEMES


def sentence(message: str) -> str:
    """``message`` on one line, without characters that move a cursor or forge a line of a log."""
    line = "".join(c if c.isprintable() else "?" for c in " ".join(message.split()))
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "..."


def plain_text(failure: Failure) -> tuple[str, str]:
    """Render an error as its sentence."""
    return f"{failure.message}\n", "text/plain; charset=utf-8"


def _ours(error: errors.DssrError) -> Response:
    now = current()
    headers: dict[str, Any] = {}
    retry_after = None
    if isinstance(error, errors.Unavailable):
        retry_after = error.retry_after
        headers["Retry-After"] = str(retry_after)
    elif isinstance(error, errors.Unidentified) and now.call.api.log_in:
        now.failure, now.kind = error.message, type(error)
        return now.call.api.log_in(error.message)
    elif isinstance(error, errors.Unidentified):
        mode = request.headers.get("Sec-Fetch-Mode", "")
        headers["WWW-Authenticate"] = schemes_for(mode, has_cookies=bool(request.cookies))
    # What the call declares is about its own work, which the gate did not let begin.
    status = status_of(error, None if now.stopped else now.call)
    response = _respond(Failure(status, sentence(error.message), type(error), retry_after), headers)
    if isinstance(error, errors.Unidentified):
        now.failure = now.failure.partition(": ")[0]  # the cure is for the caller, not for the log
    now.is_expected = isinstance(error, errors.NotFinal)
    return response


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    methods = set(getattr(error, "valid_methods", None) or ()) - {"OPTIONS"}
    allowed = ", ".join(sorted(methods))
    path = request.path[:100]
    hint = " (leave out the '/' at its end)" if path[1:].endswith("/") else ""
    words = {
        404: f"There is no {current().call.api.no_call.format(repr(path) + hint)}.",
        405: f"{path} cannot be called by {request.method}: use {allowed}.",
        413: current().call.too_large_for(),
        415: str(error.description),
        412: str(error.description),
        416: str(error.description),
    }
    message = words.get(status) or f"{error.name}: {error.description}"
    headers = {"Allow": allowed} if allowed else {}
    if isinstance(error, RequestedRangeNotSatisfiable) and error.length is not None:
        headers["Content-Range"] = f"{error.units} */{error.length}"
    return _respond(Failure(status, sentence(message), _KINDS.get(status)), headers)


def _fault(error: Exception) -> Response:
    current().exception = error
    message = (
        "The bridge has a fault: ask its operator to look for request "
        f"{request_id.current()} in its log."
    )
    return _respond(Failure(500, message), {})


def _respond(failure: Failure, headers: dict[str, Any]) -> Response:
    now = current()
    now.failure, now.kind = failure.message, failure.kind
    body, content_type = now.call.api.render(failure)
    return Response(body, failure.status, headers, content_type=content_type)


_KINDS = {404: errors.NotFound, 413: errors.TooLarge}
