"""Which bytes of a file a request asks for, and how several ranges look in one response
(RFC 9110, 14). Pure."""

import secrets
from collections.abc import Iterator, Sequence

from werkzeug.datastructures import Range
from werkzeug.exceptions import RequestedRangeNotSatisfiable

_MOST = 16  # ranges; a request for more of them gets the whole file
Bounds = tuple[int, int]  # the first byte, and the one behind the last


def bounds_of(asked: Range | None, size: int) -> Sequence[Bounds] | None:
    """The ranges; ``None`` for the whole file. Raises ``RequestedRangeNotSatisfiable`` where the
    file has none of these bytes."""
    if asked is None or asked.units != "bytes" or not 0 < len(asked.ranges) <= _MOST:
        return None
    found = [bounds for begin, end in asked.ranges if (bounds := _bounds(begin, end, size))]
    if not found:
        raise RequestedRangeNotSatisfiable(
            size, description=f"The file has {size} bytes, and none of those that were asked for."
        )
    return found


def content_range(bounds: Bounds, size: int) -> str:
    """The header ``Content-Range``."""
    return f"bytes {bounds[0]}-{bounds[1] - 1}/{size}"


class Multipart:
    """Several ranges in one body."""

    def __init__(self, ranges: Sequence[Bounds], size: int, content_type: str) -> None:
        self._boundary = secrets.token_hex(16)
        self.content_type = f"multipart/byteranges; boundary={self._boundary}"
        self._end = f"\r\n--{self._boundary}--\r\n".encode()
        self._heads = [
            f"\r\n--{self._boundary}\r\nContent-Type: {content_type}\r\n"
            f"Content-Range: {content_range(bounds, size)}\r\n\r\n".encode()
            for bounds in ranges
        ]
        self.length = len(self._end) + sum(map(len, self._heads))
        self.length += sum(stop - start for start, stop in ranges)

    def body(self, contents: Sequence[Iterator[bytes]]) -> Iterator[bytes]:
        """The body; ``contents``: the bytes of each range."""
        for head, content in zip(self._heads, contents, strict=True):
            yield head
            yield from content
        yield self._end


def _bounds(begin: int, end: int | None, size: int) -> Bounds | None:
    if begin < 0:  # so many bytes at the end
        begin = max(0, size + begin)
    stop = size if end is None else min(end, size)
    return (begin, stop) if begin < stop else None
