"""One line of JSON for each call that changes something or tried to, and for each that was stopped: who, what, from where."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, request

from dssr.access.audit_file import AuditFile
from dssr.access.scopes import Caller, Scope, changes
from dssr.http.legacy.arguments import Arguments

_LONGEST = 200  # characters of what a caller sent
_LONGEST_REASON = 500
_DIGITS = re.compile("[0-9]{1,18}")
_PARTS = ("name", "number", "jobid")  # of a job, in this order in a path below /request


def register(app: Flask, path: str) -> None:
    """Have ``app`` write to the file at ``path``; nothing when it is empty.

    Raises ``SettingsError`` when the file cannot be written.
    """
    if path:
        app.after_request(_Audit(AuditFile(path).write).note)


class _Audit:
    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def note(self, response: Response) -> Response:
        if g.get("stopped") or changes(g.get("need", Scope.NONE)):
            self._write(json.dumps(_line(response.status_code)))
        return response


def _line(status: int) -> dict[str, Any]:
    caller: Caller | None = g.get("caller")
    known = {"caller": caller.name, "by": caller.by} if caller else {"caller": None}
    owner = {"owner": g.owner} if g.get("owner") else {}
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **known,
        "address": request.remote_addr,
        "call": _cut(f"{request.method} {request.path}"),
        **_job(),
        **owner,
        "status": status,
        "reason": g.get("failure", "")[:_LONGEST_REASON],
    }


def _job() -> dict[str, str | int]:
    """Which job it is about, as the caller wrote it, but its number a number; what is no text and no number is left out."""
    parts = (request.view_args or {}).get("path", "").split("/")
    sent: Arguments | None = g.get("sent")
    found = (
        dict(zip(_PARTS, parts, strict=False))
        if len(parts) > 1
        else {k: sent.optional(k) if sent else None for k in _PARTS}
    )
    if "native_id" in g:
        found["jobid"] = g.native_id
    found["number"] = _whole(found.get("number"))
    return {key: _cut(value) for key, value in found.items() if isinstance(value, str | int)}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def _cut(value: str | int) -> str | int:
    return value[:_LONGEST] + "..." if isinstance(value, str) and len(value) > _LONGEST else value
