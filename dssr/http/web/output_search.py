"""A search in an output that comes in parts: the first places, and how many there are. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

SHOWN = 200  # places
_AROUND = 160  # bytes that are shown on each side of a place


@dataclass(frozen=True)
class Place:
    """A place where the text was found, with what is around it in its line."""

    line: int  # from 1
    offset: int  # of the place in the output
    start: int  # of what is shown of its line
    before: str
    found: str
    after: str


class Search:
    """Counts all places of a text, which do not overlap, as an editor does."""

    def __init__(self, text: str) -> None:
        self._text = text.encode("utf-8", "replace")
        self._overlaps = any(
            self._text.startswith(self._text[-length:]) for length in range(1, len(self._text))
        )
        self._rest = b""  # the end of the last part, in which a place may begin
        self._lead = b""  # what is before that in its line
        self._offset = 0  # of the rest
        self._lines = 0  # line ends before the rest
        self.count = 0
        self.size = 0  # bytes that have been searched
        self.problem = ""  # why the search has ended early

    def feed(self, data: bytes) -> Iterator[Place]:
        """The places in the next part that are among the first ones."""
        self.size += len(data)
        data = self._rest + data
        at = 0
        while self.count < SHOWN and (found := data.find(self._text, at)) >= 0:
            self.count += 1
            yield self._place(data, found)
            at = found + len(self._text)
        at = self._count(data, at)
        keep = max(at, len(data) - len(self._text) + 1)
        self._lead = (self._lead + data[:keep])[-_AROUND:]
        self._lines += data.count(b"\n", 0, keep)
        self._offset += keep
        self._rest = data[keep:]

    def _count(self, data: bytes, at: int) -> int:
        """Count the places from there on; where the last one ends."""
        if not self._overlaps:
            self.count += data.count(self._text, at)
            last = data.rfind(self._text, at)
            return at if last < 0 else last + len(self._text)
        while (found := data.find(self._text, at)) >= 0:
            self.count += 1
            at = found + len(self._text)
        return at

    def _place(self, data: bytes, found: int) -> Place:
        end = found + len(self._text)
        before = (self._lead + data[max(0, found - _AROUND) : found])[-_AROUND:]
        before = before.rpartition(b"\n")[2]
        return Place(
            self._lines + data.count(b"\n", 0, found) + 1,
            self._offset + found,
            self._offset + found - len(before),
            before.decode("utf-8", "replace"),
            self._text.decode("utf-8", "replace"),
            data[end : end + _AROUND].partition(b"\n")[0].decode("utf-8", "replace"),
        )
