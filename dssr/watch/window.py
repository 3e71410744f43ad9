"""The end of a job's output, as far as it has been read, in text of any place. Pure."""

from dataclasses import dataclass

from dssr.watch.text import decoded

KEPT = 1 << 20  # bytes of an output that are kept for listeners who are not as far yet
_PIECE = 16 * 1024  # bytes of an event, of which each may become six in JSON


@dataclass(frozen=True, slots=True, eq=False)
class OutputText:
    """A piece of an output. ``offset``: of its first byte; ``after``: behind its last one.
    Listeners share these objects."""

    offset: int
    text: str
    after: int


class Window:
    """Bytes of an output that follow each other: those from ``start`` to ``end``."""

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.is_last = False  # the output has no more bytes
        self._data = b""
        self._pieces: dict[int, OutputText | None] = {}

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset <= self.end

    def add(self, data: bytes, *, is_last: bool, most: int = KEPT) -> None:
        """Add the bytes that follow. Of those before, the last ones are kept, ``most`` in all."""
        self._pieces.clear()
        kept = max(0, most - len(data))
        self._data = (self._data[-kept:] if kept else b"") + data
        self.end += len(data)
        self.start = self.end - len(self._data)
        self.is_last = is_last

    def piece(self, offset: int) -> OutputText | None:
        """The text from that place on; ``None`` where no whole character follows yet."""
        if offset not in self._pieces:
            self._pieces[offset] = self._piece(offset)
        return self._pieces[offset]

    def _piece(self, offset: int) -> OutputText | None:
        at = offset - self.start
        data = self._data[at : at + _PIECE]
        is_last = self.is_last and offset + len(data) == self.end
        text, size = decoded(data, is_last=is_last)
        return OutputText(offset, text, offset + size) if size else None
