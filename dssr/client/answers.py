"""What comes back from a call: an answer of the API, or an error. A proxy's page, a redirect to a
login page and a connection that breaks are errors with a sentence, too."""

import json
import re
from collections.abc import Iterator
from typing import Any

import requests
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from dssr.client.errors import ClientError, NotFound, Unauthenticated, Unreachable, kind_of

_JSON = re.compile(r"application/(?:[a-z.+-]+\+)?json\b", re.IGNORECASE)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_REASON = re.compile(r"\[Errno -?\d+\] ([^()'\"\[\]]+)")
_CREDENTIALS = (
    " Here that is DSSR_TOKEN, which goes to the host in DSSR_URL alone, or the argument 'token'."
)
_REQUEST_ID = "X-Request-Id"
_PASSING = (429, 502, 503, 504)
_HTTP_1_1 = 11  # as http.client has it
_PIECE = 64 * 1024  # bytes


def unreachable(error: Exception, base: str) -> ClientError:
    """The error for a request that has no response."""
    words = _words(error)
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable(
            f"The certificate of {base} cannot be verified ({words}): have REQUESTS_CA_BUNDLE name "
            "the file of the authority that signed it."
        )
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Unreachable(f"{base} is no address of a bridge ({words}).")
    if isinstance(error, requests.exceptions.Timeout):
        words = "no answer in time"
    return Unreachable(
        f"There is no answer from the bridge at {base} ({words}): is it running, and is the "
        "address right?",
        transient=True,
        was_sent=not _was_refused(error),
    )


def check(response: requests.Response, base: str) -> requests.Response:
    """The response of the API; raises the error that it is."""
    if _is_cut(response):
        response.close()
        raise _broken("among the headers")
    if response.status_code >= 300:
        raise _error(response, base)
    if _REQUEST_ID in response.headers:  # as every response of a bridge has it
        return response
    raise _broken("among the headers") if _is_empty(response) else not_a_bridge(response, base)


def read_json(response: requests.Response, base: str) -> Any:
    """The JSON of a response. Raises ``Unreachable`` where it is a page of something else: what was
    asked for may have been done."""
    if _JSON.match(response.headers.get("Content-Type", "")):
        try:
            return response.json()
        except ValueError:
            pass
    error = not_a_bridge(response, base)
    error.was_sent = True
    raise error


def pieces(response: requests.Response) -> Iterator[bytes]:
    """The bytes of a body as they come. Raises ``Unreachable`` where the connection breaks."""
    left = length(response)
    try:
        with response:
            for piece in _pieces(response):
                yield piece
                left = None if left is None else left - len(piece)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise _broken(_words(error)) from error
    if left:
        raise _broken(f"{left} bytes are missing")


def length(response: requests.Response, behind: int = 0) -> int | None:
    """How many bytes there are, with ``behind`` before those of the body; ``None``: not known."""
    text = response.headers.get("Content-Length", "")
    if not text.isdigit() or "Content-Encoding" in response.headers:
        return None
    return behind + int(text)


def _is_cut(response: requests.Response) -> bool:
    """Whether the connection ended among the headers, which Python takes for the end of them: every
    body that a bridge or a proxy sends by HTTP/1.1 has a length or comes in chunks."""
    has_body = response.request.method != "HEAD" and response.status_code not in (204, 304)
    is_known = getattr(response.raw, "version", 0) == _HTTP_1_1
    headers = response.headers
    has_length = "Content-Length" in headers or "Transfer-Encoding" in headers
    return has_body and is_known and not has_length


def _is_empty(response: requests.Response) -> bool:
    try:
        return not next(response.iter_content(1), b"")
    except requests.RequestException:
        return True


def _pieces(response: requests.Response) -> Iterator[bytes]:
    if getattr(response.raw, "chunked", True):
        yield from response.iter_content(None)
    else:  # iter_content would wait until it has as many bytes as it may return
        while piece := response.raw.read1(_PIECE, decode_content=True):
            yield piece


def _broken(words: str) -> Unreachable:
    words = f"The connection to the bridge broke ({words})."
    return Unreachable(words, transient=True, was_sent=True)


def not_a_bridge(response: requests.Response, base: str) -> ClientError:
    """The error for a response that is not one of the API."""
    response.close()
    kind = response.headers.get("Content-Type", "").partition(";")[0] or "no type"
    return Unreachable(
        f"What answers at {base} is no bridge (it sent {kind}): is the address right?",
        status=response.status_code,
    )


def _error(response: requests.Response, base: str) -> ClientError:
    status, id = response.status_code, response.headers.get(_REQUEST_ID, "")
    try:
        problem = _problem(response)
    except requests.RequestException as error:
        return _broken(_words(error))
    if problem is None:
        return _foreign(response, base)
    slug = str(problem.get("type", "")).rpartition("/")[2]
    kind = kind_of(slug, status)
    cure = _CREDENTIALS if issubclass(kind, Unauthenticated) else ""
    return kind(
        f"{problem.get('detail') or problem.get('title') or response.reason}{cure}",
        slug=slug,
        status=status,
        transient=problem.get("transient") is True,
        retry_after_seconds=_seconds(problem.get("retry_after_seconds")) or _retry_after(response),
        request_id=id,
    )


def _problem(response: requests.Response) -> dict[str, Any] | None:
    """The problem that the body describes (RFC 9457); ``None`` for a body that does not. To HEAD
    there is no body: what the status says."""
    kind = response.headers.get("Content-Type", "")
    if response.request.method == "HEAD" and kind.startswith("application/problem+json"):
        status = response.status_code
        said = f"The bridge answers {status} {response.reason or ''}".rstrip()
        return {"detail": f"{said}.", "transient": status in _PASSING}
    try:
        found = json.loads(response.content)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "type" in found else None


def _foreign(response: requests.Response, base: str) -> ClientError:
    """The error for what is between here and the bridge: a proxy, a login page, another server."""
    status = response.status_code
    if 300 <= status < 400:
        to = response.headers.get("Location", "another address")
        return Unreachable(
            f"{base} leads on to {to[:200]}, which this client does not follow, since it would "
            "carry the token there: use the bridge's own address.",
            status=status,
        )
    kind = kind_of("", status)
    if issubclass(kind, NotFound):
        return not_a_bridge(response, base)
    said = _TAGS.sub(" ", response.text[:10_000])
    words = " ".join("".join(c if c.isprintable() else " " for c in said).split())[:200]
    cure = _CREDENTIALS if issubclass(kind, Unauthenticated) else ""
    return kind(
        f"{base} answers {status} {response.reason or ''}".rstrip()
        + f", which is not from the bridge itself{f': {words}' if words else ''}.{cure}",
        status=status,
        transient=status in _PASSING,
        was_sent=status in (502, 504),
        retry_after_seconds=_retry_after(response),
    )


def _was_refused(error: Exception) -> bool:
    """Whether there was no connection at all."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(
        cause, NewConnectionError | NameResolutionError
    )


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _words(error: BaseException) -> str:
    """What the innermost cause says, without names of classes and objects."""
    text = str(error)
    found = _REASON.search(text)
    return (found[1] if found else text).strip().rstrip(".")[:300]
