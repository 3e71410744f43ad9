"""What the bridge uses or replaces inside waitress; the other modules that know its names are
``waitress_requests``, ``waitress_tasks`` and ``waitress_parking``.

waitress documents ``create_server`` and its settings. The rest may change with any version, so
setup.cfg bounds the version, and a test fails when the installed one lacks a name that is used
here.
"""

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]
from waitress.utilities import BadRequest  # type: ignore[import-untyped]
from waitress.wasyncore import close_all  # type: ignore[import-untyped]

from dssr.http.serving.waitress_requests import ReceivedRequest
from dssr.http.serving.waitress_tasks import Answering


class TooSlow(BadRequest):  # type: ignore[misc]
    """The error of a request that does not arrive in time (RFC 9110, 15.5.9)."""

    code, reason = 408, "Request Timeout"


class Stopped(BadRequest):  # type: ignore[misc]
    """The error of a request that waits when the server stops (RFC 9110, 15.6.4)."""

    code, reason = 503, "Service Unavailable"


@dataclass(frozen=True)
class ErrorResponse:
    """The response to what never becomes a request of the application."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        response = self.channel.refuse(self.request)
        self.status = f"{response.status} {response.reason}"
        self.response_headers.extend(response.headers)
        self.set_close_on_finish()
        self.content_length = len(response.body)
        self.write(response.body)


class Connection(HTTPChannel):  # type: ignore[misc]
    """A connection of a caller. Its requests are answered one after the other."""

    task_class: type[Answering] = Answering
    error_task_class = _ErrorTask
    request: Any
    written = 0  # bytes of responses so far
    requests: list[ReceivedRequest]  # the first is being answered, or waits for that

    def __init__(
        self, make_request: Callable[[Any], ReceivedRequest], server: Any, sock: Any, addr: Any,
        adj: Any, map: Any = None,
    ) -> None:  # fmt: skip
        self.parser_class = make_request
        super().__init__(server, sock, addr, adj, map=map)

    def service(self) -> None:
        """Answer the first request, in a thread of the server."""
        self.task_class = Answering
        self.answer(super().service)

    def write_soon(self, data: Any) -> int:
        """Take a part of a response. The thread waits here while ``holds_a_thread``."""
        size: int = super().write_soon(data)
        self.written += size
        return size

    def answer(self, respond: Callable[[], None]) -> None:
        """To be overridden: call ``respond``, which answers the first request."""
        respond()

    def refuse(self, request: ReceivedRequest) -> ErrorResponse:
        """To be overridden: the response to a request with an ``error``."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """Where it comes from."""
        return str(self.addr[0])

    @property
    def is_answering(self) -> bool:
        """Whether a request is being answered, or waits for that."""
        return bool(self.requests)

    @property
    def unfinished(self) -> Any:
        """The request that has arrived in part, or None."""
        return self.request

    @property
    def is_parked(self) -> bool:
        """To be overridden: whether the first request waits without a thread."""
        return False

    @property
    def is_closing(self) -> bool:
        """Whether it is about to be closed."""
        return bool(self.will_close)

    @property
    def quiet_since(self) -> float:
        """When the last byte came or went, by ``time.time``."""
        return float(self.last_activity)

    @property
    def has_unread(self) -> bool:
        """Whether the other side has yet to read something."""
        return bool(self.total_outbufs_len)

    @property
    def holds_a_thread(self) -> bool:
        """Whether so much is unread that waitress has the thread wait for the other side."""
        return bool(self.total_outbufs_len > self.adj.outbuf_high_watermark)

    def hang_up(self) -> None:
        """Close it in the server's next round, whether or not the other side reads what was sent.

        Not at once: its file descriptor could become another connection's, while events of this one
        are still to be handled.
        """
        self.will_close = True
        with contextlib.suppress(OSError):  # the other side was faster
            self.socket.shutdown(socket.SHUT_RDWR)

    def refuse_first(self) -> None:
        """Answer the first request with ``Stopped``, in this thread: those of the server have
        ended."""
        self.requests[0].error = Stopped("")
        super().service()

    def refuse_unfinished(self) -> None:
        """Answer the unfinished request with ``TooSlow``, unless it is finished meanwhile."""
        with self.requests_lock:
            late = self.request
            if late is None or self.requests:
                return
            late.error, late.completed = TooSlow(""), True
            self.request = None
            self.requests.append(late)
            self.server.add_task(self)


class Listeners:
    """The sockets that listen, their connections, and the threads that answer."""

    def __init__(self, app: Any, listen: str, threads: int, settings: Mapping[str, Any]) -> None:
        """``listen``: addresses with blanks between. ``settings``: others of waitress.

        Raises ``OSError`` when an address cannot be used, ``ValueError`` when it is not one.
        """
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            listen=listen,
            threads=threads,
            ident="dssr",
            asyncore_use_poll=True,  # select(2) supports no file descriptor above 1023
            **settings,
        )
        self._listening = [s for s in self._sockets.values() if isinstance(s, BaseWSGIServer)]
        self.begin: Callable[[Any], None] = self._server.task_dispatcher.add_task

    def use(
        self,
        connection: Callable[..., Connection],
        add: Callable[[Any], None],
        look_after: Callable[[], None],
    ) -> None:
        """Set what makes a connection, what takes one with a request, and what runs each second."""
        for number, listener in enumerate(self._listening):
            listener.channel_class = connection
            listener.add_task = add
            once = look_after if number == 0 else _nothing
            listener.maintenance = lambda _now, run=once: run()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Hosts and ports that are listened on."""
        return [(s.effective_host, s.effective_port) for s in self._listening]

    def connections(self) -> Iterator[Connection]:
        """All connections that are open."""
        return (s for s in list(self._sockets.values()) if isinstance(s, Connection))

    @property
    def open_sockets(self) -> int:
        """How many sockets are open, those that listen included."""
        return len(self._sockets)

    @property
    def busy_threads(self) -> int:
        """How many threads answer a request."""
        return int(self._server.task_dispatcher.active_count)

    def run(self, at_the_end: Callable[[], None]) -> None:
        """Serve until the main thread gets ``SystemExit`` or ``KeyboardInterrupt``.

        Calls that run get 5 s to end. ``at_the_end`` runs before connections are closed.
        """
        if self._server not in self._listening:  # it has several, and would close their connections
            self._server.close = self._server.task_dispatcher.shutdown
        try:
            self._server.run()
        finally:
            at_the_end()
            close_all(self._sockets)

    def stop(self) -> None:
        """Have ``run`` return at once, from another thread. Connections are closed as they are."""
        # A pull of another thread may have closed everything already.
        with contextlib.suppress(OSError):
            self._listening[0].trigger.pull_trigger(lambda: close_all(self._sockets))
        self._server.task_dispatcher.shutdown()


def _nothing() -> None:
    pass
