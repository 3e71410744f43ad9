"""Server-sent events from bytes (WHATWG HTML, 9.2.6). Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """An event. ``id``: the last id that the stream has named, empty before the first."""

    name: str
    data: str
    id: str


@dataclass(slots=True)
class Parser:
    """Reads one stream. ``last_id``: what a client that comes back names; it counts from the
    block that holds it, which need not have data."""

    last_id: str = ""
    _id: str = ""
    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._id = self.last_id

    def events(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        """The events in these bytes, each as soon as it is complete."""
        for line in _lines(pieces):
            if line:
                self._field(line.decode("utf-8", "replace"))
            elif (event := self._end()) is not None:
                yield event

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _end(self) -> Event | None:
        """What the block that ends here is; ``None`` for one without data."""
        self.last_id = self._id
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return Event(name, "\n".join(data), self.last_id) if data else None


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, without their ends; what follows the last end is no line."""
    begun: list[bytes] = []
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for part in whole:
            yield b"".join([*begun, part]).removesuffix(b"\r")
            begun = []
        begun.append(rest)
