"""Reading what a caller sent: each getter returns a checked value or raises one sentence that names the argument."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import Request, g

from dssr.errors import BadRequest, TooLarge
from dssr.job import JobRef, check_name

MAX_NODES = 100_000
MAX_LINES = 100_000
DEFAULT_LINES = 100
MAX_SCRIPT = 4 * 1024 * 1024  # bytes, decoded
_MAX_BEARER = (
    36 * 1024
)  # characters; a JSON web token has a few thousand, and who verifies it says how many it may have
_MAX_PATH = 4096  # bytes: Linux's PATH_MAX
_MAX_PARTS = 100_000  # of JSON, at most: each takes some dozens of bytes in memory
_MAX_FIELDS = 100  # of a form; one of them is read
_DIGITS = re.compile(r"[0-9]{1,18}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,252}")
_HOW = (
    "send a form field 'args' that holds a JSON object, or that object as an application/json body"
)


class Arguments:
    """One call's arguments, as they came: values of any type."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        """The value of an argument that must be there."""
        value = self._values.get(key)
        if value is None:
            raise BadRequest(
                f"{key!r} is {'null' if key in self._values else 'missing'}: this call needs it."
            )
        return value

    def optional(self, key: str) -> Any:
        """The value of an argument that may be absent or null."""
        return self._values.get(key)


def read(request: Request) -> Arguments:
    """The object that came as form field ``args`` or as JSON body.

    Bytes that are no UTF-8 become lone surrogates, so that the argument they stand in can be named. Raises ``BadRequest``
    about ``args``; werkzeug's RequestEntityTooLarge for a body above the limit.
    """
    if request.mimetype == "application/json" or request.mimetype.endswith("+json"):
        text = request.get_data().decode("utf-8", "surrogateescape")
    else:
        text = _form_field(request)
    if sum(map(text.count, ",[{")) > _MAX_PARTS:
        raise BadRequest(f"'args' has more than {_MAX_PARTS} parts: send a flat JSON object.")
    try:
        values = _JSON.decode(text)
    except RecursionError as error:
        raise BadRequest("'args' is nested too deeply: send a flat JSON object.") from error
    except ValueError as error:
        raise BadRequest(f"'args' is not JSON ({error}): {_HOW}.") from error
    if not isinstance(values, dict):
        raise BadRequest(f"'args' must be a JSON object, and it is {_kind(values)}: {_HOW}.")
    g.sent = sent = Arguments(values)  # for the audit log
    return sent


def job(arguments: Arguments) -> JobRef:
    """The job that ``name``, ``number`` and ``jobid`` stand for."""
    return JobRef(name(arguments["name"]), number(arguments["number"]), job_id(arguments["jobid"]))


def name(value: Any) -> str:
    """A job name."""
    return check_name(text("name", value))


def number(value: Any) -> int:
    """A job number: a whole number, or a string of its digits."""
    digits = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise BadRequest(
            f"'number' must be a whole number of at most 18 digits, and it is {_shown(value)}."
        )
    return int(digits)


def job_id(value: Any) -> str:
    """The id that a submission was answered with."""
    digits = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise BadRequest(
            f"'jobid' must be the id that /submit answered with, 1 to 18 digits, and it is {_shown(value)}."
        )
    return digits


def nodes(value: Any) -> int:
    """How many nodes a job asks for."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_NODES:
        raise BadRequest(
            f"'nodes' must be a whole number from 1 to {MAX_NODES}, and it is {_shown(value)}."
        )
    return value


def held(value: Any) -> bool:
    """Whether a job waits to be released; absent or null: no."""
    if value is not None and not isinstance(value, bool):
        raise BadRequest(f"'held' must be true or false, and it is {_shown(value)}.")
    return bool(value)


def bearer(value: Any) -> str:
    """A token that says for which user a job is; absent or null: empty. It is shown to nobody."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f"'bearer' must be a string or null, and it is {_kind(value)}.")
    if len(value) > _MAX_BEARER or not _is_utf8(value):
        raise BadRequest(f"'bearer' must be UTF-8 text of at most {_MAX_BEARER} characters.")
    return value


def scripts(value: Any) -> dict[str, str]:
    """The job script for each executor, decoded."""
    if not isinstance(value, dict) or not value:
        raise BadRequest(
            f"'hpc_script' must be an object with the executor's name and the job script in base64, and it is {_kind(value)}."
        )
    return {executor: _script(executor, encoded) for executor, encoded in value.items()}


def query(arguments: Arguments) -> Mapping[str, Any]:
    """``qs``: a parsed query string, an object of lists; a value alone stands for a list of it."""
    value = arguments["qs"]
    if not isinstance(value, dict):
        raise BadRequest(
            f"'qs' must be an object of lists, as a parsed query string, and it is {_kind(value)}."
        )
    return value


def lines(qs: Mapping[str, Any]) -> int:
    """How many lines ``tail`` shows: the first of ``lines``, and the default for whatever is no such number."""
    first = _first(qs.get("lines"))
    digits = str(first) if isinstance(first, int | str) and not isinstance(first, bool) else ""
    wanted = int(digits) if _DIGITS.fullmatch(digits) else DEFAULT_LINES
    return wanted if 1 <= wanted <= MAX_LINES else DEFAULT_LINES


def path(qs: Mapping[str, Any]) -> str:
    """The directory to show, from the root: the first of ``path``."""
    given = qs.get("path")
    if given is None or given == []:
        raise BadRequest("'path' is missing from 'qs': this call needs it.")
    value = text("path", _first(given))
    if len(value.encode()) > _MAX_PATH or any(c in value for c in "\0\n\r"):
        raise BadRequest(f"'path' must be one line of at most {_MAX_PATH} bytes.")
    return "/" + value.strip("/")


def details(qs: Mapping[str, Any]) -> bool:
    """Whether a listing shows times and sizes: the first of ``details`` is ``true``."""
    value = qs.get("details")
    if value is None:
        return False
    first = _first(value)
    if not isinstance(first, str):
        raise BadRequest(
            f"'details' must be 'true' or 'false', alone or in a list, and it is {_kind(value)}."
        )
    return first.lower() == "true"


def host_and_status(arguments: Arguments) -> None:
    """What ``/online`` is told; only its form matters, since nodes are the cluster's own business."""
    host = text("host", arguments["host"])
    if not _HOST.fullmatch(host):
        raise BadRequest(f"'host' must be a host name, and it is {_shown(host)}.")
    status = arguments["status"]
    if not isinstance(status, bool | int | str) or not re.fullmatch(
        r"[A-Za-z0-9_.+-]{1,100}", str(status)
    ):
        raise BadRequest(
            f"'status' must be true, false, a number or a word, and it is {_shown(status)}."
        )


def text(key: str, value: Any) -> str:
    """UTF-8 text that is not empty."""
    if not isinstance(value, str):
        raise BadRequest(f"{key!r} must be a string, and it is {_kind(value)}.")
    if not value:
        raise BadRequest(f"{key!r} is empty: this call needs it.")
    if not _is_utf8(value):
        raise BadRequest(
            f"{key!r} is not UTF-8: it holds bytes or surrogates that stand for no character."
        )
    return value


def _form_field(request: Request) -> str:
    found: str | None
    if request.mimetype == "multipart/form-data":
        found = request.form.get("args")
    else:
        body = request.get_data().decode("utf-8", "surrogateescape")
        try:
            found = dict(parse_qsl(body, errors="surrogateescape", max_num_fields=_MAX_FIELDS)).get(
                "args"
            )
        except ValueError as error:
            raise BadRequest(
                f"'args' cannot be found among more than {_MAX_FIELDS} form fields: {_HOW}."
            ) from error
    if not found:
        raise BadRequest(f"'args' is missing: {_HOW}.")
    return found


def _script(executor: str, encoded: Any) -> str:
    where = f"'hpc_script' for {_quoted(executor)}"
    if not isinstance(encoded, str):
        raise BadRequest(f"{where} must be a string, and it is {_kind(encoded)}.")
    if len(encoded) > MAX_SCRIPT * 3 // 2:
        raise _too_large(where)
    try:
        script = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"{where} is not base64.") from error
    if len(script) > MAX_SCRIPT:
        raise _too_large(where)
    if not script.strip():
        raise BadRequest(f"{where} is empty: send the script's text in base64.")
    if b"\0" in script:
        raise BadRequest(
            f"{where} holds a NUL byte, which no shell script can: send the script's text in base64."
        )
    try:
        return script.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"{where} is not UTF-8 text (byte {error.start} of the script)."
        ) from error


def _too_large(where: str) -> TooLarge:
    return TooLarge(
        f"{where} is larger than the {MAX_SCRIPT // 1024 // 1024} MB that a job script may have."
    )


def _whole(digits: str) -> int | float:
    return (
        int(digits) if len(digits) <= 30 else float("inf")
    )  # Python refuses to read the longest ones


_JSON = json.JSONDecoder(
    parse_int=_whole
)  # to make one for each call would take longer than to read the call


def _first(value: Any) -> Any:
    """What a query string names first; a value that stands alone is that."""
    return (value[0] if value else None) if isinstance(value, list) else value


def _is_utf8(value: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in value) if not value.isascii() else True


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"the string {_quoted(value)}" if value else "empty"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _kind(value)


def _quoted(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:60] + "...")


def _kind(value: Any) -> str:
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
