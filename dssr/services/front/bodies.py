"""Where the body of an HTTP message ends. Pure: bytes pass by, and each body counts its own.

RFC 9112, section 6. The front passes bodies on as they are, so it parses no more than it needs to
find the next message of a kept connection.
"""

from typing import Protocol

_LONGEST_LINE = 8192  # bytes of a chunk's first line or of a line of the trailer


class Malformed(Exception):
    """The bytes are no HTTP, or may be understood in two ways. Its text is a sentence."""


class BadBody(Malformed):
    """The bytes are no chunked body."""


class Body(Protocol):
    """Counts the bytes of one body."""

    @property
    def done(self) -> bool:
        """Whether the body is complete."""
        ...

    def take(self, data: memoryview) -> int:
        """How many of these bytes, from the first one, belong to the body. Raises ``BadBody``."""
        ...


class FixedBody:
    """A body of a known length, which may be 0."""

    def __init__(self, length: int) -> None:
        self.left = length  # bytes that are still to come

    @property
    def done(self) -> bool:
        """See ``Body``."""
        return self.left == 0

    def take(self, data: memoryview) -> int:
        """See ``Body``."""
        taken = min(self.left, len(data))
        self.left -= taken
        return taken


class EndlessBody:
    """Everything until the sender closes: a response without a length, or what follows an
    Upgrade."""

    done = False

    def take(self, data: memoryview) -> int:
        """See ``Body``."""
        return len(data)


class ChunkedBody:
    """A body in chunks, each after a line with its size; the last one is empty and may have a
    trailer."""

    def __init__(self) -> None:
        self.done = False
        self._data = 0  # bytes of the chunk and its line end that are still to come
        self._line = b""  # the part of a line that has come
        self._in_trailer = False

    def take(self, data: memoryview) -> int:
        """See ``Body``."""
        at = 0
        while at < len(data) and not self.done:
            if self._data:
                step = min(self._data, len(data) - at)
                self._data -= step
                at += step
            else:
                at += self._take_line(bytes(data[at : at + _LONGEST_LINE]))
        return at

    def _take_line(self, data: bytes) -> int:
        end = data.find(b"\n")
        part = data if end < 0 else data[: end + 1]
        self._line += part
        if len(self._line) > _LONGEST_LINE:
            raise BadBody("A line of a chunked body is too long.")
        if end >= 0:
            line, self._line = self._line.strip(), b""
            self._end_line(line)
        return len(part)

    def _end_line(self, line: bytes) -> None:
        if self._in_trailer:
            self.done = not line
            return
        digits = line.partition(b";")[0].strip()
        if not digits or not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
            raise BadBody("A chunk has no size.")
        size = int(digits, 16)
        self._in_trailer = size == 0
        self._data = size + len(b"\r\n") if size else 0
