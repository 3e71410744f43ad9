"""A provider that does what a test wants: also what no healthy one does."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from tests.dssr.identity.issuer import jwk, rsa_key, token

CLIENT, SECRET = "portal", "a secret of the portal"
Query = Mapping[str, str]
_FORGED = 99  # the number of the key that is not published


class FakeProvider:
    """An OpenID Connect provider at which everyone is logged in at once.

    ``user``: their claims. ``changed``: claims of ID tokens that are otherwise than they must be;
    ``key``: the number of the signing key; ``is_forged``: another one signs.
    ``refuses``: it refuses each refresh; ``gateway``: what is answered in place of tokens.
    ``asked``: the paths, in order. ``codes``: what is known of each code that was not redeemed.
    """

    def __init__(self, port: int = 0) -> None:
        self.user: dict[str, Any] = {"sub": "b2c1", "preferred_username": "alice"}
        self.in_user_info: dict[str, Any] = {}
        self.changed: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.gateway: dict[str, Any] = {}
        self.key, self.is_forged, self.refuses, self.lasts = 0, False, False, 300
        self.asked: list[str] = []
        self.codes: dict[str, Query] = {}
        self.refresh_tokens: set[str] = set()
        rsa_key(self.key)  # to make one takes long on a busy machine
        self.start(port)

    def start(self, port: int = 0) -> None:
        """Listen; after ``stop`` at the same port."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Accept no connection any more."""
        self._server.shutdown()
        self._server.server_close()

    def rotate(self) -> None:
        """Publish another key, and sign with it."""
        rsa_key(self.key + 1)
        self.key += 1

    def forge(self) -> None:
        """Sign with a key that is not published."""
        rsa_key(_FORGED)
        self.is_forged = True

    def described(self) -> dict[str, Any]:
        """What it says about itself."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/certs",
            "userinfo_endpoint": f"{self.url}/me",
            "end_session_endpoint": f"{self.url}/logout",
            **self.metadata,
        }

    def code(self, query: Query) -> str:
        """Log in: the code for the portal."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return code

    def redeem(self, form: Query, client: str) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint."""
        if self.gateway:
            return 403, self.gateway
        if client != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "refresh_token":
            if self.refuses or form["refresh_token"] not in self.refresh_tokens:
                return 400, {"error": "invalid_grant"}
            self.refresh_tokens.discard(form["refresh_token"])  # each is for once
            return 200, self._tokens("")
        query = self.codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if query is None or query.get("code_challenge") != challenge:
            return 400, {"error": "invalid_grant", "error_description": "the code is not valid"}
        return 200, self._tokens(query.get("nonce", ""))

    def _tokens(self, nonce: str) -> dict[str, Any]:
        plain: dict[str, Any] = {"email": None, "email_verified": None, "preferred_username": None}
        claims = {"iss": self.url, "aud": CLIENT, "nonce": nonce or None} | self.user
        header = {"kid": f"key-{self.key}"}
        key = rsa_key(_FORGED if self.is_forged else self.key)
        signed = token(key, header=header, **(plain | claims | self.changed))
        refresh = secrets.token_urlsafe(16)
        self.refresh_tokens.add(refresh)
        return {
            "access_token": "an access token",
            "token_type": "Bearer",
            "expires_in": self.lasts,
            "refresh_token": refresh,
            "id_token": signed,
        }


def _handler(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"provider": provider})


class _Handler(BaseHTTPRequestHandler):
    provider: FakeProvider

    def do_GET(self) -> None:
        provider, found = self.provider, urlsplit(self.path)
        query = dict(parse_qsl(found.query))
        provider.asked.append(found.path)
        if found.path == "/.well-known/openid-configuration":
            self._send(200, provider.described())
        elif found.path == "/certs":
            self._send(200, {"keys": [jwk(rsa_key(provider.key), f"key-{provider.key}")]})
        elif found.path == "/me":
            self._send(200, provider.user | provider.in_user_info)
        elif found.path == "/authorize":
            back = {"state": query["state"], "code": provider.code(query)}
            self._go(f"{query['redirect_uri']}?{urlencode(back)}")
        else:
            self._go(query["post_logout_redirect_uri"])

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        sent = self.headers.get("Authorization", "Basic ").removeprefix("Basic ")
        client = unquote_plus(base64.b64decode(sent).decode())
        self._send(*self.provider.redeem(form, client))

    def _go(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing on the tests' stderr."""
