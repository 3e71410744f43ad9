"""The arguments of the legacy API: each function returns a checked value or raises ``BadRequest``,
in a sentence that names the argument.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from dssr.errors import BadRequest, TooLarge
from dssr.http.legacy.body import LARGEST, Arguments, kind_of, similar
from dssr.job import JobRef, check_name

MAX_NODES = 100_000
MAX_LINES = 100_000
DEFAULT_LINES = 100
MAX_SCRIPT = 4 * 1024 * 1024  # bytes, decoded
# Characters. A JSON web token has a few thousand; who verifies it has the final say.
_MAX_BEARER = 36 * 1024
_MAX_PATH = 4096  # bytes: PATH_MAX of Linux
_DIGITS = re.compile(r"[0-9]{1,18}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,252}")
_STATUS = re.compile(r"[A-Za-z0-9_.+-]{1,100}")


def job(arguments: Arguments) -> JobRef:
    """The job that ``name``, ``number`` and ``jobid`` name."""
    return JobRef(name(arguments["name"]), number(arguments["number"]), job_id(arguments["jobid"]))


def name(value: Any) -> str:
    """A job name."""
    return check_name(text("name", value))


def number(value: Any) -> int:
    """A job number: a whole number, or a string of its digits."""
    return int(_digits(value, "'number' must be a whole number of at most 18 digits"))


def job_id(value: Any) -> str:
    """The native id of a job."""
    return _digits(value, "'jobid' must be the id that /submit answered with, 1 to 18 digits")


def nodes(value: Any) -> int:
    """How many nodes a job needs."""
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
    """A token that names the upstream user of a job; absent or null: empty. No error shows it."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f"'bearer' must be a string or null, and it is {kind_of(value)}.")
    if len(value) > _MAX_BEARER or not (value.isascii() or _is_utf8(value)):
        raise BadRequest(f"'bearer' must be UTF-8 text of at most {_MAX_BEARER} characters.")
    return value


def scripts(value: Any) -> dict[str, str]:
    """The job script for each executor, decoded."""
    if not isinstance(value, dict) or not value:
        raise BadRequest(
            "'hpc_script' must be an object with the executor's name and the job script in base64,"
            f" and it is {kind_of(value)}."
        )
    return {executor: _script(executor, encoded) for executor, encoded in value.items()}


def query(arguments: Arguments) -> Mapping[str, Any]:
    """``qs``: a parsed query string, an object of lists. A single value means a list of it."""
    value = arguments["qs"]
    if not isinstance(value, dict):
        raise BadRequest(
            "'qs' must be an object of lists, as a parsed query string, and it is"
            f" {kind_of(value)}."
        )
    return value


def lines(qs: Mapping[str, Any]) -> int:
    """How many lines ``tail`` shows: the first of ``lines``, or the default without a number."""
    first = _first(qs.get("lines"))
    digits = str(first) if isinstance(first, int | str) and not isinstance(first, bool) else ""
    if not re.fullmatch("[0-9]+", digits):
        return DEFAULT_LINES
    wanted = int(digits.lstrip("0")[:18] or 0)
    return min(wanted, MAX_LINES) or DEFAULT_LINES


def path(qs: Mapping[str, Any]) -> str:
    """The directory to list, from the root: the first of ``path``."""
    given = qs.get("path")
    if given is None or given == []:
        raise BadRequest(f"'path' is missing from 'qs': this call needs it{similar('path', qs)}.")
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
            f"'details' must be 'true' or 'false', alone or in a list, and it is {kind_of(value)}."
        )
    return first.lower() == "true"


def host_and_status(arguments: Arguments) -> None:
    """The arguments of ``/online``, whose form alone matters: the cluster manages its nodes."""
    host = text("host", arguments["host"])
    if not _HOST.fullmatch(host):
        raise BadRequest(f"'host' must be a host name, and it is {_shown(host)}.")
    status = arguments["status"]
    if not isinstance(status, bool | int | str) or not _STATUS.fullmatch(str(status)):
        raise BadRequest(
            f"'status' must be true, false, a number or a word, and it is {_shown(status)}."
        )


def text(key: str, value: Any) -> str:
    """UTF-8 text that is not empty."""
    if not isinstance(value, str):
        raise BadRequest(f"{key!r} must be a string, and it is {kind_of(value)}.")
    if not value:
        raise BadRequest(f"{key!r} is empty: this call needs it.")
    if not value.isascii() and not _is_utf8(value):
        raise BadRequest(
            f"{key!r} is not UTF-8: it has bytes or surrogates that are no characters. Send UTF-8."
        )
    return value


def _digits(value: Any, must: str) -> str:
    digits = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise BadRequest(f"{must}, and it is {_shown(value)}.")
    return digits


def _script(executor: str, encoded: Any) -> str:
    """Decode a job script. Its base64 may be in lines.

    A blank in it is refused, not left out: it may have been a '+', whose loss changes the script.
    """
    where = f"'hpc_script' for {_quoted(executor)}"
    if not isinstance(encoded, str):
        raise BadRequest(f"{where} must be a string, and it is {kind_of(encoded)}.")
    if len(encoded) > MAX_SCRIPT * 3 // 2:
        raise _too_large(where)
    joined = encoded.replace("\n", "").replace("\r", "").replace("\t", "")
    try:
        script = base64.b64decode(joined, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"{where} is not base64: {_flaw(joined)}.") from error
    if len(script) > MAX_SCRIPT:
        raise _too_large(where)
    if not script.strip():
        raise BadRequest(f"{where} is empty: send the script's text in base64.")
    if b"\0" in script:
        raise BadRequest(
            f"{where} has a NUL byte, which no shell script has: send the script's text in base64."
        )
    try:
        return script.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"{where} is not UTF-8 text (byte {error.start} of the script): save it as UTF-8."
        ) from error


def _flaw(encoded: str) -> str:
    """What is wrong with text that is not base64."""
    if " " in encoded:
        return (
            "it has blanks, which may have been '+': encode the script with 'base64 -w0', and send"
            " the field with 'curl --data-urlencode', not with -d"
        )
    wrong = re.search("[^A-Za-z0-9+/=]", encoded)
    if wrong:
        return f"it has the character {wrong[0]!r}: encode the script with 'base64 -w0'"
    return (
        "it is incomplete, as its length shows, or has '=' before its end: send all that"
        " 'base64 -w0' prints"
    )


def _too_large(where: str) -> TooLarge:
    return TooLarge(
        f"{where} is larger than the {MAX_SCRIPT // 1024 // 1024} MB that a job script may have:"
        " keep its data in a file on the cluster."
    )


def _first(value: Any) -> Any:
    """The first value of a name in a query string; a single value is the first one."""
    return (value[0] if value else None) if isinstance(value, list) else value


def _is_utf8(value: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in value)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"the string {_quoted(value)}" if value else "empty"
    if not isinstance(value, int) or isinstance(value, bool):
        return kind_of(value)
    return str(value) if abs(value) < LARGEST else "a very large number"


def _quoted(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:60] + "...")
