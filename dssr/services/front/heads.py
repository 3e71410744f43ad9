"""The heads of HTTP/1 requests and responses: read, and changed in a few lines. Pure.

RFC 9112. A head that two readers may understand in two ways is refused: what the front admits must
be what the program sees. Lines that the front does not change keep their bytes and their order.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from dssr.services.front.bodies import Body, ChunkedBody, EndlessBody, FixedBody, Malformed

END = b"\r\n\r\n"
LONGEST = 64 << 10  # bytes of a head
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n\0]*)")
_REQUEST = re.compile(rb"([A-Z][A-Z0-9_-]*) ([!-~]+) HTTP/1\.([01])")
_RESPONSE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: .*)?")
_LENGTH = re.compile(rb"\d{1,18}")
_NO_BODY = (204, 304)
_SWITCHED = 101
_OF_PROXIES = (b"forwarded", b"via", b"x-forwarded-for")


class BadHead(Malformed):
    """The bytes are no head."""


@dataclass(frozen=True)
class Head:
    """The first line of a message and its fields, names in lower case beside each line."""

    first: bytes
    lines: tuple[tuple[bytes, bytes, bytes], ...]  # name, value, the line as it came
    minor: int  # of HTTP/1.x
    _values: Mapping[bytes, list[bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[bytes, list[bytes]] = {}
        for name, value, _ in self.lines:
            found.setdefault(name, []).append(value)
        object.__setattr__(self, "_values", found)

    def values(self, name: bytes) -> list[bytes]:
        """The values of all fields of that name."""
        return self._values.get(name, [])

    def words(self, name: bytes) -> list[bytes]:
        """The members of a list, such as those of ``Connection``, in lower case."""
        if not (values := self.values(name)):
            return []
        members = b",".join(values).split(b",")
        return [word.strip().lower() for word in members if word.strip()]

    def without(self, name: bytes) -> Self:
        """The same head without these fields."""
        return replace(self, lines=tuple(line for line in self.lines if line[0] != name))

    def having(self, name: bytes, value: bytes) -> Self:
        """The same head with this as the only field of that name."""
        line = (name.lower(), value, name + b": " + value)
        return replace(self, lines=(*self.without(name.lower()).lines, line))

    def edited(self, name: bytes, edit: Callable[[bytes], bytes]) -> Self:
        """The same head, each value of that name edited in its place; one that becomes
        empty is left out."""
        if all(edit(value) == value for value in self.values(name)):
            return self
        lines = [line if line[0] != name else _line(name, edit(line[1])) for line in self.lines]
        return replace(self, lines=tuple(line for line in lines if line[0] != name or line[1]))

    def closing(self) -> Self:
        """The same head for a message after which the connection is closed."""
        return self.having(b"Connection", b"close")

    @property
    def bytes(self) -> bytes:
        """The head as it is sent."""
        return b"\r\n".join([self.first, *[line for _, _, line in self.lines]]) + END

    @property
    def keeps(self) -> bool:
        """Whether its sender keeps the connection after this message."""
        words = self.words(b"connection")
        return b"close" not in words and (self.minor == 1 or b"keep-alive" in words)

    def _length(self) -> int | None:
        """The length that the head states, if any."""
        lengths = set(self.words(b"content-length"))
        if not lengths:
            return None
        (length, *others) = lengths
        if others or not _LENGTH.fullmatch(length):
            raise BadHead("Content-Length is not one number.")
        return int(length)


@dataclass(frozen=True)
class Request(Head):
    """The head of a request."""

    method: bytes
    target: bytes

    @property
    def upgrades(self) -> bool:
        """Whether it requests another protocol, such as a WebSocket."""
        return b"upgrade" in self.words(b"connection") and bool(self.values(b"upgrade"))

    @property
    def is_proxied(self) -> bool:
        """Whether a proxy sent it, which may send the next one on its connection for another
        service."""
        return not self._values.keys().isdisjoint(_OF_PROXIES)

    @property
    def is_repeatable(self) -> bool:
        """Whether the front may send it a second time: it is safe and has no body."""
        has_body = self.values(b"transfer-encoding") or (self._length() or 0) > 0
        return self.method in (b"GET", b"HEAD", b"OPTIONS") and not has_body and not self.upgrades

    def aimed(self, target: bytes) -> "Request":
        """The same request for another target."""
        return replace(
            self, target=target, first=b"%s %s HTTP/1.%d" % (self.method, target, self.minor)
        )

    def body(self) -> Body:
        """Its body. Raises ``BadHead``."""
        codings, length = self.words(b"transfer-encoding"), self._length()
        if not codings:
            return FixedBody(length or 0)
        if codings != [b"chunked"] or length is not None or self.minor == 0:
            raise BadHead("The length of the body can be understood in two ways.")
        return ChunkedBody()


@dataclass(frozen=True)
class Response(Head):
    """The head of a response."""

    status: int

    @property
    def is_interim(self) -> bool:
        """Whether another head follows for the same request."""
        return self.status < 200 and not self.switches

    @property
    def switches(self) -> bool:
        """Whether bytes of another protocol follow."""
        return self.status == _SWITCHED

    def body(self, method: bytes) -> Body:
        """Its body, as a response to that method. Raises ``BadHead``."""
        if self.switches:
            return EndlessBody()
        if method == b"HEAD" or self.status < 200 or self.status in _NO_BODY:
            return FixedBody(0)
        codings, length = self.words(b"transfer-encoding"), self._length()
        if codings:
            return ChunkedBody() if codings[-1] == b"chunked" else EndlessBody()
        return EndlessBody() if length is None else FixedBody(length)


def request(data: bytes) -> Request:
    """The head of a request from its bytes, without the empty line at its end. Raises
    ``BadHead``."""
    first, lines = _parts(data)
    found = _REQUEST.fullmatch(first)
    if not found:
        raise BadHead("The first line is not that of a request of HTTP/1.")
    method, target, minor = found.groups()
    if not target.startswith(b"/") and (method, target) != (b"OPTIONS", b"*"):
        raise BadHead("The target is not a path: this is not a proxy.")
    return Request(first, lines, int(minor), method, target)


def response(data: bytes) -> Response:
    """The head of a response, in the same way."""
    first, lines = _parts(data)
    found = _RESPONSE.fullmatch(first)
    if not found:
        raise BadHead("The first line is not that of a response of HTTP/1.")
    return Response(first, lines, int(found[1]), int(found[2]))


def _parts(data: bytes) -> tuple[bytes, tuple[tuple[bytes, bytes, bytes], ...]]:
    first, *rest = data.lstrip(b"\r\n").split(b"\r\n")
    return first, _lines(rest)


def _lines(lines: Sequence[bytes]) -> tuple[tuple[bytes, bytes, bytes], ...]:
    found = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        if not match:
            raise BadHead("A line is not a field: NAME: VALUE.")
        found.append((match[1].lower(), match[2].strip(b" \t"), line))
    return tuple(found)


def _line(name: bytes, value: bytes) -> tuple[bytes, bytes, bytes]:
    return name, value, name + b": " + value
