"""An issuer of tokens: its keys, tokens of every kind, and a real HTTP server for the keys."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
SECRET = "a secret of an issuer, sixty-four bytes long, for HS512 is served.."
ISSUER, AUDIENCE = "https://issuer.example/realms/jarvice", "dssr"


@cache
def rsa_key(which: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """An RSA key; another for each number."""
    return rsa.generate_private_key(65537, bits)


def pem(key: PrivateKey) -> str:
    """Its public part, as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: PrivateKey) -> str:
    """The whole key, as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwk(key: PrivateKey, kid: str = "", **more: Any) -> dict[str, Any]:
    """Its public part, as an entry of a key set."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        entry = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        entry = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        entry = OKPAlgorithm.to_jwk(public, as_dict=True)
    entry.pop("key_ops", None)
    return entry | ({"kid": kid} if kid else {}) | more


def claims(**changed: Any) -> dict[str, Any]:
    """What a good token says; a value of ``None`` leaves a claim out."""
    now = int(time.time())
    usual = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + 6 * 3600,
        "sub": "b2c1",
        "email": "alice@example.org",
        "email_verified": True,
        "preferred_username": "alice",
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def token(
    key: PrivateKey | str | None = None,
    algorithm: str = "RS256",
    header: Mapping[str, Any] | None = None,
    **changed: Any,
) -> str:
    """A signed token, valid but for what is changed."""
    return jwt.encode(claims(**changed), key or rsa_key(), algorithm, dict(header or {}))


def part(value: Any) -> str:
    """One part of a token: base64 of JSON, or of bytes as they are."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(header: Any, payload: Any = None, signature: str = "") -> str:
    """The parts put together, with any signature."""
    return f"{part(header)}.{part(claims() if payload is None else payload)}.{signature}"


class Issuer:
    """A server of a key set on a free port.

    ``answer``: the status, headers and body that it gives; ``asked``: how often it was asked.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        """``certificate``: speak TLS, with this certificate and key."""
        self.asked = 0
        self.delay = 0.0
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self._server.server_port}/certs"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def publish(self, *entries: Any) -> None:
        """Publish these keys from now on."""
        self.answer = (
            200,
            {"Content-Type": "application/json"},
            json.dumps({"keys": list(entries)}).encode(),
        )

    def stop(self) -> None:
        """Close the server: from now on no connection is accepted."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                time.sleep(issuer.delay)
                status, headers, body = issuer.answer
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Print nothing on the tests' stderr."""

        return Handler
