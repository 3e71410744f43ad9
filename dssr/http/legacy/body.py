"""The JSON object that a caller of the legacy API sent: the form field ``args``, or the body."""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from flask import Request

from dssr.errors import BadRequest
from dssr.http.request import current

_MOST_PARTS = 100_000  # of JSON; each takes some dozens of bytes in memory
_MOST_FIELDS = 100  # of a form; one of them is read
_MOST_DIGITS = 30  # of a number; Python refuses to read very long ones
LARGEST = 10**100  # in place of a number with more digits
_HOW = (
    "send a form field 'args' that holds a JSON object, or that object as an application/json body"
)
_SEND_FIELD = "send it with 'curl --data-urlencode args@FILE'"
_NAMES = {
    "name", "number", "jobid", "nodes", "hpc_script", "held", "bearer", "force", "host", "status",
    "qs", "path", "details", "lines",
}  # fmt: skip


class Arguments(dict[str, Any]):
    """One call's arguments as they were sent: values of any type."""

    def __getitem__(self, key: str) -> Any:
        """The value of an argument that the call needs. Raises ``BadRequest`` without one."""
        value = self.get(key)
        if value is None:
            what = "null" if key in self else "missing"
            raise BadRequest(f"{key!r} is {what}: this call needs it{similar(key, self)}.")
        return value


def similar(key: str, there: Iterable[str]) -> str:
    """For an error about the missing ``key``: the most similar name of what is there, if any."""
    unknown = {name.lower(): name for name in list(there)[:50] if name not in _NAMES}
    found = difflib.get_close_matches(key, [name for name in unknown if len(name) <= 40], 1, 0.5)
    return f"; there is {unknown[found[0]]!r}" if found else ""


def read(request: Request) -> Arguments:
    """The object that came as form field ``args`` or as JSON body.

    Bytes that are not UTF-8 become lone surrogates, so that the argument which has them can be
    named. Raises ``BadRequest`` about ``args``, and werkzeug's ``RequestEntityTooLarge``.
    """
    kind = request.mimetype
    if kind == "application/json" or kind.endswith("+json"):
        text = request.get_data().decode("utf-8", "surrogateescape")
    elif kind == "multipart/form-data":
        text = _multipart_field(request)
    else:
        text = _form_field(request.get_data())
    if text.count(",") + text.count("[") + text.count("{") > _MOST_PARTS:
        raise BadRequest(f"'args' has more than {_MOST_PARTS} parts: send a flat JSON object.")
    try:
        values = _JSON.decode(text)
    except RecursionError as error:
        raise BadRequest("'args' is nested too deeply: send a flat JSON object.") from error
    except ValueError as error:
        raise BadRequest(f"'args' is not JSON ({error}): {_cure(text)}.") from error
    if not isinstance(values, dict):
        raise BadRequest(f"'args' must be a JSON object, and it is {kind_of(values)}: {_HOW}.")
    arguments = Arguments(values)
    current().arguments = arguments
    return arguments


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    kinds = {
        str: "a string",
        int: "a number",
        float: "a number with a fraction",
        list: "a list",
        dict: "an object",
    }
    return "empty" if value in ("", [], {}) else kinds[type(value)]


def _form_field(body: bytes) -> str:
    begin = 5 if body.startswith(b"args=") else body.find(b"&args=") + 6
    if body[begin : begin + 9].lstrip().startswith(b"{"):
        # curl -d does not encode the form: an encoded one has %7B for the brace. So each + is
        # one, such as in base64, and not a blank.
        body = body.replace(b"+", b"%2B")
    try:
        fields = parse_qsl(
            body.decode("utf-8", "surrogateescape"),
            errors="surrogateescape",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise BadRequest(
            f"'args' cannot be found among more than {_MOST_FIELDS} form fields: {_HOW}."
        ) from error
    found = dict(fields).get("args")
    if found:
        return found
    if body.lstrip().startswith(b"{"):
        raise BadRequest(
            "'args' is missing: the body looks like JSON, and its Content-Type is that of a form:"
            " send the header 'Content-Type: application/json'."
        )
    raise BadRequest(f"'args' is missing{similar('args', dict(fields))}: {_HOW}.")


def _multipart_field(request: Request) -> str:
    found = request.form.get("args")
    if not found and (file := request.files.get("args")):  # curl -F args=@FILE
        found = file.read().decode("utf-8", "surrogateescape")
    if not found:
        raise BadRequest(f"'args' is missing{similar('args', request.form)}: {_HOW}.")
    return found


def _cure(text: str) -> str:
    """What to do about a text that is not JSON."""
    start = text.lstrip()
    if start.startswith("\ufeff"):
        return "it begins with a byte-order mark (BOM): save the file as UTF-8 without one"
    if text.startswith(("\udcff\udcfe", "\udcfe\udcff")):
        return "it is UTF-16, with a byte-order mark (BOM): save the file as UTF-8 without one"
    if start.startswith("@"):
        return f"it is the name of a file, not what is in it: {_SEND_FIELD}"
    if start.startswith(("%7B", "%7b", "%5B")):
        return "it is percent-encoded twice: encode it once"
    if start.startswith("args="):
        return "it is a form, and its Content-Type is that of JSON: leave that header out"
    if re.match(r"[{\[]\s*'", start):
        return "it has single quotes, and JSON has double quotes"
    if re.match(r"[{\[]\s*\\", start):
        return (
            "it has backslashes before its quotes, which the shell did not remove: leave them out"
        )
    if re.match(r"\{\s*[A-Za-z_]+\s*:", start):
        return "its names have no double quotes: put all of it in single quotes, for the shell"
    if start.startswith("{") and not text.rstrip().endswith("}"):
        return f"it ends too early, perhaps at an '&', which ends a form field: {_SEND_FIELD}"
    return _HOW


def _whole(digits: str) -> int:
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    return -LARGEST if digits.startswith("-") else LARGEST


# strict=False: base64 in lines, as base64(1) prints it, has line breaks in a JSON string.
# Making a decoder for each call would take longer than reading the call.
_JSON = json.JSONDecoder(parse_int=_whole, strict=False)
