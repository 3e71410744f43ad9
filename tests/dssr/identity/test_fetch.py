"""One document over HTTP; a real server gives the answers that a healthy one gives too."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
import responses

from dssr.identity import fetch
from tests.dssr.identity.issuer import Issuer


def test_a_document_arrives_whole(issuer: Issuer) -> None:
    """Byte for byte."""
    assert fetch.get(issuer.url, 5) == issuer.answer[2]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((404, {}, b"{}"), "status 404"),
        ((500, {}, b"{}"), "status 500"),
        ((204, {}, b""), "status 204"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "redirection"),
        ((301, {"Location": "https://example.org/"}, b""), "redirection"),
        ((200, {}, b" " * (fetch.MAX_BYTES + 1)), "more than the 512 KB"),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 50_000_000)), "more than the 512 KB"),
        ((200, {"Content-Encoding": "gzip"}, b"not compressed"), "cannot be read"),
    ],
    ids=["404", "500", "204", "to a file", "to another host", "large", "larger than it looks", "broken"],
)
def test_another_answer_is_none(answer: tuple[int, dict[str, str], bytes], why: str, issuer: Issuer) -> None:
    """A redirection is not followed, a large answer not read to its end."""
    issuer.answer = answer
    with pytest.raises(ValueError, match=why):
        fetch.get(issuer.url, 5)
    assert issuer.asked == 1


@contextmanager
def dripping(*pieces: bytes, pause: float) -> Iterator[str]:
    """A server that sends these pieces to everybody, with a pause before each."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(9999)
                    for piece in pieces:
                        time.sleep(pause)
                        connection.sendall(piece)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_a_silent_server_is_left() -> None:
    """After the time for it."""
    with dripping(b"x", pause=30) as url, pytest.raises(ValueError, match=r"no answer within 0\.2 s"):
        fetch.get(url, 0.2)


def test_a_server_that_drips_is_left() -> None:
    """Each byte comes in time, the whole does not."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"
    with dripping(head, *[b" " * 2000] * 100, pause=0.05) as url, pytest.raises(ValueError, match="too slowly"):
        fetch.get(url, 2)


def test_a_port_where_nobody_listens() -> None:
    """What to look at is said."""
    with pytest.raises(ValueError, match="no connection"):
        fetch.get("http://127.0.0.1:1/", 5)


def test_a_server_without_tls_has_no_certificate(issuer: Issuer) -> None:
    """https is never answered by http."""
    with pytest.raises(ValueError, match="certificate"):
        fetch.get(issuer.url.replace("http:", "https:"), 5)


@responses.activate
@pytest.mark.parametrize("error", [requests.exceptions.ChunkedEncodingError(), requests.exceptions.InvalidHeader()])
def test_what_the_library_cannot_read_is_a_value_error(error: Exception) -> None:
    """Whatever it calls it."""
    responses.get("http://issuer.example/", body=error)
    with pytest.raises(ValueError, match="cannot be read"):
        fetch.get("http://issuer.example/", 1)
