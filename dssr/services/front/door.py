"""Which HTTP requests may enter: whose name they use, and who sends them. Pure.

A web page of another site can make a browser send requests to loopback. A request enters only under
one of the service's own names (a page whose name was pointed at loopback uses its own name), and a
request that changes something only from a page of the service: the same name and the same port,
since other ports of this machine may be other users'. Where the user of the connection is
not known, the caller sends the token once, and the browser has a cookie from then on. The token is
in the query of the address, or is the first part of its path.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from dssr.services.front.heads import Request

TOKEN = "token"  # noqa: S105 (the name of the query's parameter)
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_READS = (b"GET", b"HEAD")


@dataclass(frozen=True)
class Turned:
    """A request that does not enter: the response's status, a sentence, and more fields."""

    status: int
    sentence: str
    fields: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Door:
    """The door of one service. Without a token, each caller that reaches it is let in.

    ``names``: host names beside ``NAME.localhost``, ``localhost`` and the loopback addresses.
    ``by_path``: the token is in the path, and what it belongs to is a job.
    """

    name: str
    token: str = ""
    names: tuple[str, ...] = ()
    by_path: bool = False

    def enter(self, request: Request) -> Request | Turned:
        """The request as the program receives it: without the service's cookie and token."""
        if turned := self._misnamed(request):
            return turned
        inside = request.edited(b"cookie", self._without_own)
        if not self.token:
            return inside
        given, stripped = (_first_part if self.by_path else _token_of)(request.target)
        if hmac.compare_digest(given, self.token.encode()):
            if request.method in _READS and not request.upgrades:
                return Turned(303, "This way.", self._entrance(stripped))
            return inside.aimed(stripped)
        if hmac.compare_digest(self._cookie_of(request), self.cookie.encode()):
            return inside
        what = "This job" if self.by_path else f"The service {self.name}"
        where = "has it in its path." if self.by_path else f"ends with ?{TOKEN}=..."
        return Turned(
            401, f"{what} needs its token: open the address that its owner has, which {where}"
        )

    @property
    def cookie(self) -> str:
        """The value of the service's cookie: the token cannot be had from it."""
        return hmac.new(self.token.encode(), self.name.encode(), hashlib.sha256).hexdigest()

    @property
    def _cookie_name(self) -> bytes:
        return f"dssr-{self.name}".encode()

    def _entrance(self, target: bytes) -> tuple[tuple[bytes, bytes], ...]:
        pair = self._cookie_name + b"=" + self.cookie.encode()
        return (
            (b"Location", target),
            (b"Set-Cookie", pair + b"; Path=/; HttpOnly; SameSite=Lax"),
            (b"Referrer-Policy", b"no-referrer"),
        )

    def _misnamed(self, request: Request) -> Turned | None:
        hosts = [value.decode("latin-1") for value in request.values(b"host")]
        if len(hosts) != 1 or not self._is_own(hosts[0]):
            return Turned(
                421,
                f"The service {self.name} is at {self.name}.localhost and localhost, and not at "
                f"{', '.join(hosts) or 'a request without a host'}.",
            )
        origins = [value.decode("latin-1") for value in request.values(b"origin")]
        if not origins or (request.method in _READS and not request.upgrades):
            return None
        own = (hosts[0].lower(), *self.names)
        if all(origin.partition("://")[2].lower() in own for origin in origins):
            return None
        return Turned(403, f"A page of {', '.join(origins)} may not change anything here.")

    def _is_own(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return name.lower() in (f"{self.name}.localhost", *_LOCAL, *self.names)

    def _cookie_of(self, request: Request) -> bytes:
        parts = [part for value in request.values(b"cookie") for part in _parts(value)]
        mine = [value for name, value in parts if name == self._cookie_name]
        return mine[0] if mine else b""

    def _without_own(self, value: bytes) -> bytes:
        if self._cookie_name not in value:
            return value
        parts = [part.strip() for part in value.split(b";")]
        return b"; ".join(part for part in parts if _parts(part)[0][0] != self._cookie_name)


def _parts(value: bytes) -> list[tuple[bytes, bytes]]:
    """The names and values of a field's cookies."""
    parts = [part.strip().partition(b"=") for part in value.split(b";")]
    return [(name, value) for name, _, value in parts]


def _token_of(target: bytes) -> tuple[bytes, bytes]:
    """The token of a target, and the target without it; all else of it is unchanged."""
    path, _, query = target.partition(b"?")
    mark = f"{TOKEN}=".encode()
    parts = query.split(b"&")
    tokens = [part.removeprefix(mark) for part in parts if part.startswith(mark)]
    if not tokens:
        return b"", target
    rest = b"&".join(part for part in parts if not part.startswith(mark))
    return tokens[0], _local(path + b"?" + rest if rest else path)


def _first_part(target: bytes) -> tuple[bytes, bytes]:
    """The first part of a target's path, and the target without it."""
    first = re.match(rb"/([^/?]*)", target)
    return (first[1], _local(target[first.end() :])) if first else (b"", target)


def _local(target: bytes) -> bytes:
    """A browser takes what begins with two slashes for another host, and a backslash for one."""
    return b"/" + target.lstrip(b"/\\")


def entrance(url: str, token: str) -> str:
    """The address with the token, as its owner opens it."""
    return f"{url}?{TOKEN}={token}" if token else url


def entrance_by_path(url: str, token: str) -> str:
    """The same with the token in the path. ``url``: ends with a slash."""
    return f"{url}{token}/" if token else url
