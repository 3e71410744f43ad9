"""The heads of HTTP messages."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.services.front import heads
from dssr.services.front.bodies import ChunkedBody, EndlessBody, FixedBody
from dssr.services.front.heads import BadHead

GET = b"GET /a?b=c HTTP/1.1\r\nHost: demo.localhost\r\nX-One:  two \r\nCookie: a=1; b=2"


def request(*lines: bytes, first: bytes = b"POST / HTTP/1.1") -> heads.Request:
    """A request with these fields."""
    return heads.request(b"\r\n".join([first, b"Host: localhost", *lines]))


def response(*lines: bytes, first: bytes = b"HTTP/1.1 200 OK") -> heads.Response:
    """A response with these fields."""
    return heads.response(b"\r\n".join([first, *lines]))


def test_an_unchanged_head_keeps_its_bytes() -> None:
    """A head that the front does not change is sent exactly as it came."""
    assert heads.request(GET).bytes == GET + b"\r\n\r\n"
    assert response(b"x-Odd:\tvalue").bytes == b"HTTP/1.1 200 OK\r\nx-Odd:\tvalue\r\n\r\n"


def test_fields_are_found_by_their_names_in_any_case() -> None:
    """A field's name may have capitals, and its value is without the blanks around it."""
    found = heads.request(GET)
    assert found.values(b"x-one") == [b"two"]
    assert (found.method, found.target) == (b"GET", b"/a?b=c")


@pytest.mark.parametrize("last", [b"", b"x", b"\0"])
def test_blanks_cost_no_more_than_letters(last: bytes) -> None:
    """A field full of blanks is read within a moment: this happens before any token."""
    began = time.process_time()
    with suppress(BadHead):
        heads.request(b"GET / HTTP/1.1\r\nX:" + b" " * 16_000 + b"x" + b" " * 48_000 + last)
    assert time.process_time() - began < 0.5


def test_a_field_is_edited_in_its_place() -> None:
    """An edited field stays where it was, and goes if nothing is left of it."""
    edited = heads.request(GET).edited(b"cookie", lambda value: value.replace(b"a=1; ", b""))
    assert edited.bytes.endswith(b"X-One:  two \r\ncookie: b=2\r\n\r\n")
    assert heads.request(GET).edited(b"cookie", lambda _: b"").values(b"cookie") == []


def test_a_closing_head_has_no_other_word_for_its_connection() -> None:
    """A head for the last message of a connection says close, and nothing else."""
    closing = response(b"Connection: keep-alive", b"Keep-Alive: timeout=5").closing()
    assert closing.words(b"connection") == [b"close"]
    assert not closing.keeps


@pytest.mark.parametrize(
    ("first", "lines", "keeps"),
    [
        (b"GET / HTTP/1.1", (), True),
        (b"GET / HTTP/1.1", (b"Connection: x, Close",), False),
        (b"GET / HTTP/1.0", (), False),
        (b"GET / HTTP/1.0", (b"Connection: Keep-Alive",), True),
    ],
)
def test_who_keeps_a_connection(first: bytes, lines: tuple[bytes, ...], keeps: bool) -> None:
    """HTTP/1.1 keeps a connection unless it says close; HTTP/1.0 if it says keep-alive."""
    assert request(*lines, first=first).keeps is keeps


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Content-Length: 5", b"Content-Length: 6"),
        (b"Content-Length: +5",),
        (b"Content-Length: 5 5",),
        (b"Transfer-Encoding: gzip",),
        (b"Transfer-Encoding: chunked, chunked",),
    ],
)
def test_a_body_with_two_lengths_is_refused(lines: tuple[bytes, ...]) -> None:
    """A request whose body two readers may measure differently is refused."""
    with pytest.raises(BadHead):
        request(*lines).body()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/2.0",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"get / HTTP/1.1",
        b"GET http://elsewhere/ HTTP/1.1",
        b"CONNECT node:22 HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost : a",
        b"GET / HTTP/1.1\r\n folded: a",
        b"GET / HTTP/1.1\r\nno colon",
        b"GET / HTTP/1.1\r\nA: b\nHost: c",
        b"GET / HTTP/1.1\r\nA: b\rHost: c",
        b"GET / HTTP/1.1\r\nA: \0",
        b"",
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    """A head that is malformed, folded, or meant for a proxy is refused."""
    with pytest.raises(BadHead):
        heads.request(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    """All bytes of a client are a request with one first line, or are refused."""
    try:
        found = heads.request(data)
    except BadHead:
        return
    assert found.bytes.count(b"\r\n") == len(found.lines) + 2


def test_the_body_of_a_request() -> None:
    """A request has a body by its length or in chunks, and else none."""
    assert request().body().done
    assert isinstance(request(b"Transfer-Encoding: Chunked").body(), ChunkedBody)
    assert not request(b"Content-Length: 5").body().done


@pytest.mark.parametrize(
    ("first", "lines", "method", "kind"),
    [
        (b"HTTP/1.1 200 OK", (b"Content-Length: 5",), b"GET", FixedBody),
        (b"HTTP/1.1 200", (b"Transfer-Encoding: chunked",), b"GET", ChunkedBody),
        (b"HTTP/1.1 200 OK", (), b"GET", EndlessBody),
        (b"HTTP/1.1 101 Switching", (), b"GET", EndlessBody),
        (b"HTTP/1.1 200 OK", (b"Content-Length: 5",), b"HEAD", FixedBody),
        (b"HTTP/1.1 304 Not Modified", (b"Content-Length: 5",), b"GET", FixedBody),
    ],
)
def test_the_body_of_a_response(
    first: bytes, lines: tuple[bytes, ...], method: bytes, kind: type
) -> None:
    """A response's body depends on the method and the status, too."""
    body = response(*lines, first=first).body(method)
    assert isinstance(body, kind)
    assert body.done == (b"304" in first or method == b"HEAD")


@pytest.mark.parametrize(
    ("first", "lines", "repeatable"),
    [
        (b"GET / HTTP/1.1", (), True),
        (b"POST / HTTP/1.1", (), False),
        (b"GET / HTTP/1.1", (b"Content-Length: 1",), False),
        (b"GET / HTTP/1.1", (b"Connection: Upgrade", b"Upgrade: websocket"), False),
    ],
)
def test_which_requests_may_be_sent_again(
    first: bytes, lines: tuple[bytes, ...], repeatable: bool
) -> None:
    """Only a safe request without a body may be sent a second time."""
    assert request(*lines, first=first).is_repeatable is repeatable
