"""Connections that wait: slow senders, slow readers and idle ones are cut off, and no number of them shuts others out.

waitress counts a connection as active whenever a byte arrives, so a sender of one byte a second could hold it for good.
"""

import contextlib
import math
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]
from waitress.utilities import BadRequest, RequestEntityTooLarge  # type: ignore[import-untyped]

from dssr.deadline import answering
from dssr.http.checks import access_log
from dssr.http.errors import SCHEMES, too_large
from dssr.http.serving.intake import SMALL
from dssr.http.serving.turns import Turns

IDLE = 60  # seconds without a byte, after which a connection is closed
SPARE = 64  # connections above the limit, while the one that makes room has not been closed yet
_QUIET = 1.0  # seconds without a byte, after which a connection above the limit makes room though no new one presses
_Clock = Callable[[], float]


class TooSlow(BadRequest):  # type: ignore[misc]
    """waitress's kind of error for a request that does not arrive in time (RFC 9110, 15.5.9)."""

    code, reason = 408, "Request Timeout"


class NameMissing(BadRequest):  # type: ignore[misc]
    """waitress's kind of error for a large request of somebody who does not say who it is (RFC 9110, 15.5.2)."""

    code, reason = 401, "Unauthorized"


class Refusal(ErrorTask):  # type: ignore[misc]
    """waitress's answer to what never becomes a request: one sentence, and a line in the log."""

    def execute(self) -> None:
        """Answer, and have the connection closed."""
        error = NameMissing("") if self._is_nameless() else self.request.error
        words = {
            401: f"Who sends more than {SMALL // 1024} KB must say who it is: send the header Authorization.",
            408: "The request did not arrive in the time that JARVICE_SCHED_REQUEST_TIMEOUT allows: send it faster.",
            413: self._too_large(),
            431: "The request's headers are too large: send fewer or shorter ones.",
        }
        # Not error.body, which quotes what was sent: a password may stand in a header that is folded.
        why = (
            words.get(error.code)
            or "This is no HTTP request that can be read: look at its first line, headers and chunks."
        )
        what = f"{getattr(self.request, 'command', '?')} {getattr(self.request, 'path', '?')}"  # unset when line 1 is no HTTP
        access_log.write(what, self.channel.addr[0], error.code, why)
        body = f"{why}\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "text/plain; charset=utf-8"))
        if error.code == 401:
            self.response_headers.extend(("WWW-Authenticate", scheme) for scheme in SCHEMES)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)

    def _is_nameless(self) -> bool:
        return isinstance(self.request.error, RequestEntityTooLarge) and self.request.nameless

    def _too_large(self) -> str:
        if self.request.adj is self.channel.adj:
            return too_large(self.channel.adj.max_request_body_size)
        return f"The request is larger than the {SMALL // 1024} KB that this call takes: only /submit takes more."


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when it waits."""

    error_task_class = Refusal

    def __init__(
        self,
        server: Any,
        sock: Any,
        addr: Any,
        adj: Any,
        map: Any = None,
        *,
        parser: Any,
        turns: Turns,
        answer_timeout: float,
    ) -> None:
        """Take a connection; where there are too many, another one makes room. ``parser``: makes one for each request;
        ``answer_timeout``: seconds from a request's arrival to its answer."""
        self.parser_class, self._turns, self._answer_timeout = parser, turns, answer_timeout
        self.turn = ""  # whose turn the first request takes
        self.waits_since = time.monotonic()  # for a request, or the rest of one
        self.watched: Any = None  # the unfinished request that was there when somebody last looked
        self.watched_since = 0.0
        self.unread_since: float | None = (
            None  # when its thread was first seen to wait for the other side to read
        )
        super().__init__(server, sock, addr, adj, map=map)
        make_room(map, adj, self)

    def service(self) -> None:
        """Answer one request."""
        turn = self.turn  # that of the next one afterwards
        self.waits_since = (
            time.monotonic()
        )  # as if it had been answered: there is a moment between that and the end of this
        try:
            with answering(self.requests[0].arrived + self._answer_timeout):
                super().service()
        finally:
            if turn:
                self._turns.end(turn)
        self.waits_since = time.monotonic()


def make_room(sockets: dict[int, Any], adj: Any, new: Channel | None = None) -> None:
    """Close as many connections as there are above the limit: of the address that has the most, first those that have nothing
    to read any more, and of them those that have waited longest.

    None is closed whose request is being answered, nor ``new``. Where no new one presses, none is closed on which something
    was sent or came a moment ago, such as one whose request is still to be read.
    """
    limit = adj.connection_limit - SPARE
    if len(sockets) <= limit:  # it counts the listening sockets too
        return
    channels = [c for c in sockets.values() if isinstance(c, Channel) and not c.will_close]
    of_address = Counter(c.addr[0] for c in channels)
    quiet_since = math.inf if new else time.time() - _QUIET
    waiting = [
        c for c in channels if not c.requests and c is not new and c.last_activity < quiet_since
    ]
    for _ in range(min(len(channels) - limit, len(waiting))):
        one = max(
            waiting, key=lambda c: (of_address[c.addr[0]], not c.total_outbufs_len, -c.waits_since)
        )
        hang_up(one)
        waiting.remove(one)
        of_address[one.addr[0]] -= 1


def hang_up(channel: Channel) -> None:
    """Have a connection closed in the server's next round, whether or not the other side reads what is sent to it.

    Not at once: its number could be another connection's, while events of the old one are still at hand.
    """
    channel.will_close = True
    with contextlib.suppress(OSError):  # the other side was faster
        channel.socket.shutdown(socket.SHUT_RDWR)


class Sweeper:
    """Looks at all connections of one server, each second (waitress calls that maintenance)."""

    def __init__(
        self,
        server: Any,
        request_timeout: float,
        clock: _Clock = time.monotonic,
        wall: _Clock = time.time,
    ) -> None:
        self._server, self._timeout = server, request_timeout
        self._clock, self._wall = clock, wall

    def __call__(self, _now: float) -> None:
        """Cut off what is late. Runs in the thread that reads all connections."""
        now, idle_since = self._clock(), self._wall() - IDLE
        for channel in list(self._server.active_channels.values()):
            if channel.will_close:
                channel.watched = None
            elif channel.requests:
                channel.watched = None
                self._see_that_it_is_read(channel, now)
            elif channel.request is None:
                channel.watched = None
                if channel.last_activity < idle_since:
                    hang_up(channel)
            elif channel.watched is not channel.request:
                channel.watched, channel.watched_since = channel.request, now
            elif now - channel.watched_since >= self._timeout:
                self._cut_off(channel)

    def _see_that_it_is_read(self, channel: Channel, now: float) -> None:
        """Above the mark waitress has the thread wait until the other side has read, for as long as that takes."""
        if channel.total_outbufs_len <= channel.adj.outbuf_high_watermark:
            channel.unread_since = None
        elif channel.unread_since is None:
            channel.unread_since = now
        elif now - channel.unread_since >= self._timeout:
            hang_up(channel)

    def _cut_off(self, channel: Channel) -> None:
        with channel.requests_lock:
            late = channel.request
            if late is None or channel.requests:
                return  # it has just arrived
            late.error, late.completed = TooSlow(""), True
            channel.request = channel.watched = None
            channel.requests.append(late)
            self._server.add_task(channel)
