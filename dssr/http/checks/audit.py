"""The audit log: one line of JSON for each call that changes something or tried to, for each login
and logout of the portal, and for each request that the gate refused.
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from dssr import request_id
from dssr.access.audit_file import AuditFile
from dssr.http.request import CurrentRequest, current
from dssr.logs import rfc3339

_LONGEST = 200  # characters of what a caller sent
_LONGEST_REASON = 500
_DIGITS = re.compile("[0-9]{1,18}")


def register(app: Flask, path: str) -> None:
    """Have ``app`` write to the file at ``path``; an empty path means no audit log.

    Raises ``SettingsError`` when the file cannot be written.
    """
    if path:
        app.after_request(_Audit(AuditFile(path).write).note)


class _Audit:
    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def note(self, response: Response) -> Response:
        now = current()
        # A reader without a session is led to the login, which is no refusal.
        is_refused = now.stopped and response.status_code >= 400
        if is_refused or now.call.changes or now.is_audited:
            self._write(json.dumps(_line(now, response.status_code)))
        return response


def _line(now: CurrentRequest, status: int) -> dict[str, Any]:
    caller = now.caller
    known = {"caller": caller.name, "by": caller.by} if caller else {"caller": None}
    owner = {"owner": now.owner} if now.owner else {}
    return {
        "time": rfc3339(time.time()),
        "request_id": request_id.current(),
        **known,
        "address": request.remote_addr,
        "call": _cut(f"{request.method} {request.path}"),
        **_subject(now),
        **owner,
        "status": status,
        "reason": now.failure[:_LONGEST_REASON],
    }


def _subject(now: CurrentRequest) -> dict[str, str | int]:
    """What the call declares to record of its path and arguments: text and whole numbers, as sent.

    A number that was sent as a string of digits is a number. A new job has its native id.
    """
    sent = {**(request.view_args or {}), **now.arguments}
    found = {key: sent.get(key) for key in now.call.audit}
    if now.native_id:
        found["jobid"] = now.native_id
    number = found.get("number")
    if isinstance(number, str) and _DIGITS.fullmatch(number):
        found["number"] = int(number)
    return {key: _cut(value) for key, value in found.items() if isinstance(value, str | int)}


def _cut(value: str | int) -> str | int:
    return value[:_LONGEST] + "..." if isinstance(value, str) and len(value) > _LONGEST else value
