"""How much of a request the server reads."""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests
from flask import Flask
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from dssr.access.scopes import Scope
from dssr.http.call import MEGABYTE, SMALL, Api, Calls, Catalogue, Needs
from dssr.http.errors import plain_text
from dssr.http.serving.intake import Intake
from dssr.http.serving.waitress_requests import ReceivedRequest
from dssr.settings import Settings

JSON = {"Content-Type": "application/json"}


def sent(data: bytes, chunked: bool) -> Any:
    return iter([data[i : i + 8192] for i in range(0, len(data), 8192)]) if chunked else data


@pytest.mark.parametrize(
    "path", ["/terminate", "/request/a/1/1/info", "/nodes", "/no-such-call", "/submit/", "/live"]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_only_a_submission_may_be_large(
    path: str, chunked: bool, served: Any, failures: Any
) -> None:
    """A large request other than a submission gets 413, and its body is not read."""
    bomb = b'{"x": [' + b"[]," * (SMALL // 3) + b"[]]}"
    answer = requests.post(served.url + path, data=sent(bomb, chunked), headers=JSON, timeout=30)
    assert answer.status_code == 413
    assert (
        answer.text
        == "The request is larger than the 64 KB that this call takes: only /submit takes more.\n"
    )
    assert len(failures()) == 1


def test_what_is_just_small_is_read(served: Any) -> None:
    """A body of exactly the limit is read."""
    whole = b'{"name": "x"}'.ljust(SMALL)
    answer = requests.post(served.url + "/terminate", data=whole, headers=JSON, timeout=30)
    assert (answer.status_code, "'number' is missing" in answer.text) == (400, True)


@pytest.fixture
def guarded(serve: Callable[[Settings], Any]) -> Any:
    """A bridge with a password."""
    return serve(Settings(server_key="u:p"))


def test_a_page_that_sends_too_much_is_not_asked_for_a_password(guarded: Any) -> None:
    """A browser that gets this 401 for a script of a page shows no window for a password."""
    headers = {**JSON, "Sec-Fetch-Mode": "cors"}
    answer = requests.post(guarded.url + "/submit", b"x" * 200_000, headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="dssr"')


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_submission_needs_credentials(chunked: bool, guarded: Any, failures: Any) -> None:
    """A large submission without credentials gets 401 before its body is read, which would be on
    the disk."""
    answer = requests.post(
        guarded.url + "/submit", data=sent(b"x" * 200_000, chunked), headers=JSON, timeout=30
    )
    assert answer.status_code == 401
    assert "Basic" in answer.headers["WWW-Authenticate"]
    assert (
        answer.text
        == "A request of more than 64 KB needs credentials: send the header Authorization.\n"
    )
    assert len(failures()) == 1
    small = requests.post(guarded.url + "/submit", data=b"x", headers=JSON, timeout=30)
    assert small.status_code == 401
    large = requests.post(
        guarded.url + "/submit",
        data=sent(b"x" * 200_000, chunked),
        headers=JSON,
        auth=("u", "p"),
        timeout=30,
    )
    assert (large.status_code, "not JSON" in large.text) == (400, True)


@pytest.mark.parametrize("part", [b"[],", b'"ab",', b'{"a":', b"["])
def test_a_submission_of_very_many_parts_is_refused(part: bytes, served: Any) -> None:
    """A submission of very many parts is refused before it is parsed, because it would take many
    times its size in memory."""
    answer = requests.post(
        served.url + "/submit", data=b'{"x": [' + part * 100_001, headers=JSON, timeout=30
    )
    assert answer.status_code == 400
    assert "more than 100000 parts" in answer.text


@pytest.fixture
def catalogue() -> Catalogue:
    """Calls with limits of their own."""
    app = Flask("x")
    catalogue = Catalogue(app, 8 * MEGABYTE)
    calls = Calls(Api("x", plain_text, credentials=("Authorization", "Cookie")))
    for method, rule, body in (
        ("POST", "/jobs", 100 * 1024),
        ("PUT", "/jobs/<id>/files/<path:path>", 8 * MEGABYTE),
        ("POST", "/submit", None),
        ("GET", "/jobs", SMALL),
    ):
        calls.add(method, rule, Needs(scope=Scope.SUBMIT, body=body))(
            named(f"{method}{rule.count('/')}{body}")
        )
    catalogue.add(calls)
    return catalogue


def named(name: str) -> Callable[..., str]:
    """A function of that name."""

    def view(**_: Any) -> str:
        return name

    view.__name__ = name
    return view


def received(
    catalogue: Catalogue, method: str, path: str, length: int, *more: str
) -> ReceivedRequest:
    """A request whose headers have been read."""
    limit = Intake(catalogue, True).limit
    request = ReceivedRequest(limit, Adjustments(max_request_body_size=SMALL + 1))
    lines = [f"{method} {path} HTTP/1.1", f"Content-Length: {length}", *more, "", ""]
    request.received("\r\n".join(lines).encode())
    return request


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", "/jobs", 100 * 1024),
        ("PUT", "/jobs/17/files/a%20b/%C3%BC.txt", 8 * MEGABYTE),
        ("POST", "/submit", 8 * MEGABYTE),
        ("GET", "/jobs", SMALL),
        ("HEAD", "/jobs", SMALL),
        ("OPTIONS", "/submit", SMALL),
        ("DELETE", "/submit", SMALL),
        ("PUT", "/jobs/17/nothing", SMALL),
        ("PUT", "/jobs/17/files/%FF", 8 * MEGABYTE),
    ],
)
def test_the_limit_on_a_body_is_that_of_its_call(
    method: str, path: str, limit: int, catalogue: Catalogue
) -> None:
    """A call is recognised by its method and path; a path without a call takes little."""
    login = "Authorization: Bearer x"
    assert received(catalogue, method, path, limit, login).error is None
    assert received(catalogue, method, path, limit + 1, login).is_too_large
    assert received(catalogue, method, path, SMALL + 1).is_too_large


@pytest.mark.parametrize(
    ("header", "refused"),
    [("Authorization: Bearer x", False), ("Cookie: session=x", False), ("X-Other: x", True)],
)
def test_a_large_body_needs_a_header_that_its_api_accepts(
    header: str, refused: bool, catalogue: Catalogue
) -> None:
    """A large body is read only with a header that its API accepts, which may be another than
    Authorization."""
    assert received(catalogue, "POST", "/submit", MEGABYTE, header).is_too_large is refused


def test_few_large_bodies_are_in_memory(catalogue: Catalogue) -> None:
    """Three bodies of more than half a megabyte are in memory; the next one is in a file, until one
    of them is not needed any more, be it answered or never complete."""
    intake, size = Intake(catalogue, False), 8 * MEGABYTE

    def part(length: int = size, arrived: int = size) -> ReceivedRequest:
        request = ReceivedRequest(intake.limit, Adjustments(max_request_body_size=SMALL + 1))
        request.received(
            f"PUT /jobs/1/files/x HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        if arrived:
            request.received(bytes(arrived))
        return request

    def is_in_memory(request: ReceivedRequest) -> bool:
        return isinstance(request.get_body_stream(), BytesIO)

    small, refused = part(MEGABYTE // 4, MEGABYTE // 4), part(size + 1, 0)
    first, unfinished, third = part(), part(arrived=MEGABYTE), part()
    assert all(map(is_in_memory, (small, first, unfinished, third)))
    assert refused.is_too_large
    assert not is_in_memory(part())
    first.close()
    first.close()
    again = part()
    assert is_in_memory(again)
    assert not is_in_memory(part())
    del unfinished
    assert is_in_memory(part())


def test_a_request_has_arrived_when_all_of_it_is_there(catalogue: Catalogue) -> None:
    """The time of a response begins when all of the request is there."""
    request = ReceivedRequest(Intake(catalogue, False).limit, Adjustments())
    request.received(b"POST /jobs HTTP/1.1\r\nContent-Length: 4\r\n\r\n")
    request.received(b"ab")
    before = time.monotonic()
    assert request.arrived <= before
    request.received(b"cd")
    assert before <= request.arrived <= time.monotonic()
