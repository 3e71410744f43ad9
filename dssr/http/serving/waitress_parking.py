"""Requests that are parked in waitress: their connections stay open, and no thread waits for them.

waitress ends a request when ``HTTPChannel.service`` returns in the ordinary way. A parked request
leaves that function by ``_Parking``, stays the connection's first request, and is ended here. A
request that no call would park is answered as waitress answers it, and enters nothing here.
"""

import contextlib
import contextvars
import socket
import time
from collections.abc import Callable
from typing import Any

from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]

from dssr.http.live import PARK, WAITED, Feed, Parked
from dssr.http.serving.waitress_internals import Connection
from dssr.http.serving.waitress_tasks import Answering

# Requests that a caller may send ahead while one is parked. With more, the connection is not read.
_AHEAD = 2
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"  # every client ignores it (RFC 9110, 15.2)


class _Parking(BaseException):
    """Leaves ``HTTPChannel.service``, which handles every ``Exception`` by itself."""

    def __init__(self, task: "_Task", parked: Parked) -> None:
        super().__init__()
        self.task, self.parked = task, parked


class _Task(Answering):
    """Runs the application for one request, which may park the request."""

    chunked_response: bool
    parked: Parked | None = None

    def get_environment(self) -> dict[str, Any]:
        """Offer the application to park the request."""
        environ: dict[str, Any] = super().get_environment()
        environ[PARK] = self.park
        if self.channel.waited is not None:
            environ[WAITED], self.channel.waited = self.channel.waited, None
        return environ

    def park(self, parked: Parked) -> None:
        """Park the request as soon as the application returns."""
        self.channel.reserve(parked)
        self.parked = parked

    def execute(self) -> None:
        """Run the application. An error that it reports instead is sent at once."""
        try:
            super().execute()
            if self.parked and not self.wrote_header:
                raise _Parking(self, self.parked)
        except Exception:
            self._give_up()
            raise
        self._give_up()

    def _give_up(self) -> None:
        if self.parked:
            self.channel.give_up(self.parked)

    def finish(self) -> None:
        """End the response. waitress would end one to HEAD with a chunk, too."""
        if not self.wrote_header:
            self.write(b"")
        if self.request.command == "HEAD":
            self.chunked_response = False
        super().finish()


class ParkingConnection(Connection):
    """A connection whose first request may be parked."""

    requests: list[Any]

    def __init__(self, *taken: Any, **more: Any) -> None:
        self._task: _Task | None = None  # of the parked request
        self.waited: Feed | None = None  # what the first request has waited for
        self.is_half_closed = False  # the other side sends nothing more, and may still read
        super().__init__(*taken, **more)

    def answer_or_park(self, respond: Callable[[], None]) -> None:
        """Answer the first request, or park it: its call decides. ``respond`` as in ``answer``."""
        self.task_class = _Task  # until the next request
        try:
            respond()
        except _Parking as parking:
            self._task = parking.task
            self.park(parking.parked)
            self._wake_server()  # to notice it if the caller leaves

    def reserve(self, parked: Parked) -> None:
        """To be overridden: take the place of a listener. Raises ``Unavailable`` without one."""
        raise NotImplementedError

    def give_up(self, parked: Parked) -> None:
        """To be overridden: give a place back that is not used."""
        raise NotImplementedError

    def park(self, parked: Parked) -> None:
        """To be overridden: the first request is parked from now on."""
        raise NotImplementedError

    def on_drained(self) -> None:
        """To be overridden: all that was sent for the parked request has left."""

    def on_half_closed(self) -> None:
        """To be overridden: the caller of the parked request sends nothing more."""

    def on_left(self) -> None:
        """To be overridden: the connection is closed."""

    @property
    def is_parked(self) -> bool:
        """Whether the first request is parked."""
        return self._task is not None

    @property
    def is_open(self) -> bool:
        """Whether the other side is there, as far as is known."""
        return bool(self.connected)

    def send_event(self, data: bytes) -> None:
        """Send a part of the parked request's response. It does not wait for the other side."""
        task = self._task
        if task is None:
            return
        with contextlib.suppress(ClientDisconnected, OSError):
            task.write(data)
        # The next part gets a new buffer: waitress frees what was sent only with its buffer.
        self.current_outbuf_count = self.adj.outbuf_high_watermark

    def end_stream(self) -> None:
        """End the parked request's response. Its length was not known, so the connection is closed
        when all of it has left."""
        task, self._task = self._task, None
        if task is None:
            return
        with contextlib.suppress(ClientDisconnected, OSError):
            task.finish()
        with self.requests_lock:
            self.close_when_flushed = True
            for request in self.requests:
                request.close()
            self.requests = []
        self._wake_server()

    def probe(self) -> None:
        """Send what the caller of a parked request ignores: if they have left, the connection
        fails. HTTP/1.0 has nothing of the kind, and its caller passes for gone."""
        task = self._task
        if task is None or task.version == "1.0":
            self.hang_up()
            return
        with contextlib.suppress(ClientDisconnected, OSError):
            self.write_soon(_CONTINUE)

    @property
    def has_failed(self) -> bool:
        """Whether the other side has refused what was sent to it."""
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if self.connected else 0
        return self.is_half_closed and bool(error)

    def refuse_parked(self) -> None:
        """Answer the parked request with an error: the server stops."""
        self._task = None
        contextvars.copy_context().run(self.refuse_first)  # the request's id is not the thread's

    def answer_again(self, feed: Feed) -> None:
        """Have the application answer the parked request, as if it had arrived now."""
        self._task, self.waited = None, feed
        self.requests[0].arrived = time.monotonic()
        self.server.add_task(self)

    def readable(self) -> bool:
        """Whether to read. A caller who leaves is noticed by reading."""
        if not self.is_parked:
            return bool(super().readable())
        ends = self.will_close or self.close_when_flushed or self.is_half_closed
        return not ends and len(self.requests) <= _AHEAD

    def handle_read(self) -> None:
        """Read on. waitress takes who sends nothing more as gone; as long as a request is parked,
        they may wait for its response (RFC 9112, 9.6)."""
        if self.is_parked and self._is_at_end():
            self.is_half_closed = True
            self.on_half_closed()
        else:
            super().handle_read()

    def _is_at_end(self) -> bool:
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return False

    def handle_write(self) -> None:
        """Send what is unsent."""
        super().handle_write()
        if self.is_parked and not self.has_unread:
            self.on_drained()

    def handle_close(self) -> None:
        """Close the connection."""
        super().handle_close()
        self.on_left()

    def _wake_server(self) -> None:
        if self.connected:
            with contextlib.suppress(OSError):  # the server has stopped
                self.server.pull_trigger()
