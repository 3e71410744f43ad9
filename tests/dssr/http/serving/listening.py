"""Calls of a made-up API whose listeners get what a test says."""

import socket
import threading
from collections import deque
from collections.abc import Callable

from flask import Response, jsonify
from flask.typing import ResponseReturnValue

from dssr.access.scopes import Scope
from dssr.http import live
from dssr.http.call import Api, Calls, Needs
from dssr.http.errors import plain_text

EVENTS = b"GET /test/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
NEWS = b"GET /test/news HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Script:
    """A feed that returns what it is given, and may be opened by one listener."""

    def __init__(self) -> None:
        self.parts: deque[bytes | None] = deque()
        self.is_behind = False
        self.opened, self.closed = threading.Event(), threading.Event()
        self._wake: Callable[[], None] = lambda: None

    def open(self, wake: Callable[[], None]) -> None:
        """See ``dssr.http.live.Feed``."""
        self._wake = wake
        self.opened.set()

    def read(self) -> bytes | None:
        """See ``dssr.http.live.Feed``."""
        return self.parts.popleft() if self.parts else b""

    def close(self) -> None:
        """See ``dssr.http.live.Feed``."""
        self.closed.set()

    def give(self, *parts: bytes | None) -> None:
        """Have the listener get these; after ``None`` no more."""
        self.parts.extend(parts)
        self._wake()


class Listening:
    """The API: each listener has a feed of its own. ``seconds``: how long a wait may take."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.feeds: list[Script] = []
        self.answered = 0  # how often the call that waits ran to its end
        self.calls = Calls(Api("test", plain_text, prefix="/test", has_listeners=True))
        self._opened = threading.Condition()

        @self.calls.get("/events", Needs(scope=Scope.READ))
        def events() -> Response:
            return live.stream(self._feed())

        @self.calls.get("/news", Needs(scope=Scope.READ))
        def news() -> ResponseReturnValue:
            if live.waited() is None:
                return live.wait(self._feed(), seconds)
            self.answered += 1
            return jsonify(news=self.answered)

    def feed(self, number: int = 0) -> Script:
        """The feed of that listener, once it is there."""
        with self._opened:
            assert self._opened.wait_for(lambda: len(self.feeds) > number, 30)
        assert self.feeds[number].opened.wait(30)
        return self.feeds[number]

    def _feed(self) -> Script:
        with self._opened:
            self.feeds.append(Script())
            self._opened.notify_all()
            return self.feeds[-1]


def until(connection: socket.socket, end: bytes) -> bytes:
    """What comes until that."""
    received = b""
    while not received.endswith(end):
        part = connection.recv(1)
        assert part, received
        received += part
    return received
