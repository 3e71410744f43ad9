"""One document over HTTP, from real servers."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from dssr.identity import fetch
from tests.dssr.identity.issuer import Issuer, private_pem


def test_a_document_arrives_whole(issuer: Issuer) -> None:
    """The body is returned byte for byte."""
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
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 50_000_000)), "compressed"),
        ((200, {"Content-Encoding": "gzip"}, b"not compressed"), "compressed"),
    ],
    ids=[
        "404",
        "500",
        "204",
        "to a file",
        "to another host",
        "large",
        "larger than it looks",
        "broken",
    ],
)
def test_another_answer_is_none(
    answer: tuple[int, dict[str, str], bytes], why: str, issuer: Issuer
) -> None:
    """A redirection is not followed, and a large body is not read to its end."""
    issuer.answer = answer
    with pytest.raises(ValueError, match=why):
        fetch.get(issuer.url, 5)
    assert issuer.asked == 1


@contextmanager
def dripping(*pieces: bytes, pause: float) -> Iterator[str]:
    """A server that sends these pieces to each client, with a pause before each."""
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
    """A silent server is given up after the time."""
    with (
        dripping(b"x", pause=30) as url,
        pytest.raises(ValueError, match=r"no answer within 0\.2 s"),
    ):
        fetch.get(url, 0.2)


def test_a_server_that_drips_is_left() -> None:
    """A server whose body takes longer than the time is given up, although each byte comes in
    time."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"
    with (
        dripping(head, *[b" " * 2000] * 100, pause=0.05) as url,
        pytest.raises(ValueError, match="too slowly"),
    ):
        fetch.get(url, 2)


@pytest.mark.parametrize(
    ("coding", "step"),
    [(b"Content-Length: 999999", b" "), (b"Transfer-Encoding: chunked", b"1\r\n \r\n")],
)
def test_a_server_that_sends_a_byte_now_and_then_is_left(coding: bytes, step: bytes) -> None:
    """The time ends the call although no piece of the body is ever full."""
    head = b"HTTP/1.1 200 OK\r\n" + coding + b"\r\n\r\n"
    with (
        dripping(head, *[step] * 60, pause=0.05) as url,
        pytest.raises(ValueError, match="too slowly"),
    ):
        fetch.get(url, 0.5)


def test_a_port_without_a_listener() -> None:
    """The error about a port without a listener says what to check."""
    with pytest.raises(ValueError, match="cannot connect"):
        fetch.get("http://127.0.0.1:1/", 5)


def test_a_server_without_tls_has_no_certificate(issuer: Issuer) -> None:
    """An https URL is never served by http."""
    with pytest.raises(ValueError, match="certificate"):
        fetch.get(issuer.url.replace("http:", "https:"), 5)


def test_no_proxy_is_used_for_this_machine(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL of this machine is fetched without the environment's proxy."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert fetch.get(issuer.url, 5) == issuer.answer[2]


def test_a_certificate_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate must be for the host's name and by a trusted authority, which the operator may
    name."""
    certificate = self_signed(tmp_path, "localhost")
    issuer = Issuer(certificate)
    url = issuer.url.replace("127.0.0.1", "localhost")
    with pytest.raises(ValueError, match="certificate is not trusted"):
        fetch.get(url, 5)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    issuer.answer = (200, {}, b"{}")
    assert fetch.get(url, 5) == b"{}"
    with pytest.raises(ValueError, match="certificate is not trusted"):
        fetch.get(issuer.url, 5)
    issuer.stop()


def self_signed(place: Path, name: str) -> Path:
    """A file with a certificate of that name and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number()
    )
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(
        now + timedelta(days=1)
    )
    signed = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
    ).sign(key, hashes.SHA256())
    (place / "tls.pem").write_bytes(signed.public_bytes(Encoding.PEM) + private_pem(key).encode())
    return place / "tls.pem"


@responses.activate
@pytest.mark.parametrize(
    "error", [requests.exceptions.ChunkedEncodingError(), requests.exceptions.InvalidHeader()]
)
def test_what_the_library_cannot_read_is_a_value_error(error: Exception) -> None:
    """Each exception of the library becomes a ``ValueError`` with one sentence."""
    responses.get("http://issuer.example/", body=error)
    with pytest.raises(ValueError, match="cannot be read"):
        fetch.get("http://issuer.example/", 1)
