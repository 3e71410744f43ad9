"""A client that reads server-sent events as WHATWG HTML says (9.2.6)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class Event:
    """An event, with the id that the client has then."""

    name: str
    data: Any
    id: str


class Listener:
    """A stream that is open. ``last_id``: what the client sends when it comes back."""

    def __init__(
        self, url: str, last_id: str = "", token: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        headers = {**(headers or {}), **({"Last-Event-ID": last_id} if last_id else {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.response = requests.get(url, headers=headers, stream=True, timeout=30)
        self.last_id = last_id
        self.comments: list[str] = []
        self._lines = self.response.iter_lines(chunk_size=1)
        self._events = self._read()

    def begins(self) -> None:
        """Wait until the stream has its first id."""
        while not self.last_id:
            if (line := next(self._lines)).startswith(b"id: "):
                self.last_id = line[4:].decode()

    def next(self) -> Event:
        """The next event."""
        return next(self._events)

    def until(self, name: str) -> list[Event]:
        """The events up to one of that name."""
        events = [self.next()]
        while events[-1].name != name:
            events.append(self.next())
        return events

    def rest(self) -> list[Event]:
        """The events up to the end of the stream."""
        return list(self._events)

    def close(self) -> None:
        """Leave."""
        self.response.close()

    def _read(self) -> Iterator[Event]:
        name, data = "", ""
        for raw in self._lines:
            line = raw.decode()
            field, _, value = line.partition(": ")
            if not line:
                if data:
                    yield Event(name, json.loads(data), self.last_id)
                name = data = ""
            elif line.startswith(":"):
                self.comments.append(line[2:])
            elif field == "id":
                self.last_id = value
            elif field == "event":
                name = value
            elif field == "data":
                data += value
