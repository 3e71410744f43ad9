"""Who may call: HTTP Basic (RFC 7617) with the user and password of ``JARVICE_SCHED_SERVER_KEY``."""

import hmac

from flask import Flask, Response, request

from dssr.http.errors import failed

_FREE = frozenset({"legacy.live"})  # endpoints that anybody may call: they tell nothing


def register(app: Flask, server_key: str) -> None:
    """Have ``app`` answer 401 to everybody who does not send ``server_key`` (``user:password``); an empty one lets all in."""
    if server_key:
        app.before_request(lambda: None if request.endpoint in _FREE or _knows(server_key) else _refusal())


def _knows(server_key: str) -> bool:
    sent = request.authorization
    if sent is None or sent.type != "basic":
        return False
    given = f"{sent.username or ''}:{sent.password or ''}"
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), server_key.encode("utf-8", "surrogatepass"))


def _refusal() -> Response:
    what = "are not the right ones" if "Authorization" in request.headers else "are missing"
    return failed(
        401,
        f"User and password {what}: send those of JARVICE_SCHED_SERVER_KEY by HTTP Basic authentication.",
        {"WWW-Authenticate": 'Basic realm="dssr", charset="UTF-8"'},
    )
