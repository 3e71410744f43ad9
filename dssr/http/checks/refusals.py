"""The last requests that were refused before their call, for the operator's page: wrong logins, and
callers who may not do what they asked for. The audit log has all of them, where there is one."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, Response, request

from dssr.http.request import CurrentRequest, current
from dssr.http.site import SESSION_COOKIE

_KEPT = 500
_LONGEST = 200  # characters of what a caller sent
_STATUSES = (401, 403, 429)
_EXTENSION = "dssr.refusals"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request. ``caller``: empty where the caller is not known."""

    at: float  # seconds since the epoch
    caller: str
    address: str
    call: str
    status: int
    reason: str


def register(app: Flask) -> None:
    """Have ``app`` remember the last ones."""
    kept: deque[Refusal] = deque(maxlen=_KEPT)
    app.extensions[_EXTENSION] = kept

    def note(response: Response) -> Response:
        now = current()
        if now.stopped and response.status_code in _STATUSES and not _is_of_ended_session(now):
            kept.append(
                Refusal(
                    time.time(),
                    now.caller.name if now.caller else "",
                    request.remote_addr or "",
                    f"{request.method} {request.path}"[:_LONGEST],
                    response.status_code,
                    now.failure[:_LONGEST],
                )
            )
        return response

    app.after_request(note)


def _is_of_ended_session(now: CurrentRequest) -> bool:
    """Whether it is that of an open tab whose session has ended, which asks again and again."""
    by_session = now.call.api.sessions != "refused" and not request.headers.get("Authorization")
    cookies = request.headers.get("Cookie", "")
    return by_session and now.caller is None and SESSION_COOKIE.search(cookies) is not None


def last(app: Flask) -> Sequence[Refusal]:
    """The last ones, the newest first."""
    kept: deque[Refusal] = app.extensions[_EXTENSION]
    return list(reversed(kept))
