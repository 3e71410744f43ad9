"""The connections of callers: slow senders, slow readers and idle ones are cut off, and no number
of them locks other callers out.

waitress takes a connection as active whenever a byte arrives, so that a sender of one byte a second
could hold it for good.
"""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from dssr import request_id
from dssr.deadline import begin_answer, end_answer
from dssr.errors import DssrError, Stopping, TooLarge, Unidentified
from dssr.http.call import SMALL, Failure
from dssr.http.checks import access_log
from dssr.http.errors import schemes_for
from dssr.http.live import Parked
from dssr.http.serving.intake import Intake
from dssr.http.serving.parking import Parking
from dssr.http.serving.turns import Turns
from dssr.http.serving.waitress_internals import Connection, ErrorResponse, Listeners
from dssr.http.serving.waitress_parking import ParkingConnection
from dssr.http.serving.waitress_requests import ReceivedRequest

IDLE = 60  # seconds without a byte, after which a connection is closed
SPARE = 64  # connections above the limit, while the one that makes room is not closed yet
# Seconds without a byte, after which a connection above the limit makes room by itself.
_QUIET = 1.0
_COME_BACK = 5  # seconds, for a request that waits when the bridge is stopped
_Clock = Callable[[], float]
_WORDS = {
    408: "The request did not arrive in the time that JARVICE_SCHED_REQUEST_TIMEOUT allows: send it"
    " faster.",
    503: "The bridge is being stopped: send the same request again.",
    431: "The request's headers are too large: send fewer or shorter ones.",
    500: "The bridge has a fault: ask its operator to look into the bridge's log.",
}
# It does not quote what was sent: a password may be in a header that is folded.
_UNREADABLE = (
    "This is no HTTP request that can be read: look at its first line, headers and chunks."
)


@dataclass(frozen=True)
class Serving:
    """What a connection needs of the server."""

    turns: Turns
    parking: Parking
    intake: Intake
    answer_timeout: float  # seconds from a request's arrival to its response
    most: int  # connections, without those of listeners
    listeners: Listeners
    listened: tuple[str, ...]  # what the paths of calls that may park their requests begin with


class CallersConnection(ParkingConnection):
    """A connection that knows since when it waits."""

    def __init__(self, serving: Serving, *taken: Any, **more: Any) -> None:
        """Take a connection. Where there are too many, another one makes room."""
        self._serving = serving
        self.turn = ""  # the caller whose turn the first request takes
        self.waits_since = time.monotonic()  # for a request, or the rest of one
        self.watched: Any = None  # the unfinished request at the last look
        self.watched_since = 0.0
        self.unread_since: float | None = None  # when its thread was first seen to wait
        self.written_then = 0  # bytes of its responses
        super().__init__(partial(ReceivedRequest, serving.intake.limit), *taken, **more)
        make_room(serving.listeners, serving.most, len(serving.parking), self)

    def answer(self, respond: Callable[[], None]) -> None:
        """Answer one request, or park it where its API has listeners."""
        turn = self.turn  # that of the next request afterwards
        request = self.requests[0]
        # As if it had been answered: there is a moment between that and the end of this.
        self.waits_since = time.monotonic()
        before = begin_answer(request.arrived + self._serving.answer_timeout)
        try:
            if request.path.startswith(self._serving.listened):
                self.answer_or_park(respond)
            else:
                respond()
        finally:
            end_answer(before)
            if turn:
                self._serving.turns.end(turn)
        self.waits_since = time.monotonic()

    def reserve(self, parked: Parked) -> None:
        """Take the place of a listener."""
        self._serving.parking.reserve(parked)

    def give_up(self, parked: Parked) -> None:
        """Give it back."""
        self._serving.parking.give_up(parked)

    def park(self, parked: Parked) -> None:
        """The first request is that of a listener from now on."""
        self._serving.parking.add(self, parked)

    def on_drained(self) -> None:
        """The listener can get more."""
        self._serving.parking.wake(self)

    def on_half_closed(self) -> None:
        """The listener may have left."""
        self._serving.parking.wake(self)

    def on_left(self) -> None:
        """The listener has left, if it was one."""
        self._serving.parking.left(self)

    def refuse(self, request: ReceivedRequest) -> ErrorResponse:
        """Refuse what never becomes a request of the application, as the API of its path does."""
        status, reason = request.refused_with
        kind: type[DssrError] | None = None
        headers: list[tuple[str, str]] = []
        call = self._serving.intake.call(request)
        message = _WORDS.get(status, _UNREADABLE)
        if request.is_too_large and request.lacks_credentials:
            status, reason, kind = 401, "Unauthorized", Unidentified
            message = (
                f"A request of more than {SMALL // 1024} KB needs credentials: send the header"
                " Authorization."
            )
            mode = request.headers.get("SEC_FETCH_MODE", "")
            schemes = schemes_for(mode, has_cookies="COOKIE" in request.headers)
            headers = [("WWW-Authenticate", scheme) for scheme in schemes]
        elif request.is_too_large:
            kind, message = TooLarge, call.too_large_for()
        elif status == 503:
            kind, headers = Stopping, [("Retry-After", str(_COME_BACK))]
        number = request_id.begin(request.headers.get("X_REQUEST_ID", ""))
        access_log.write(
            f"{request.command or '?'} {request.path or '?'}", self.address, status, message
        )
        body, content_type = call.api.render(
            Failure(status, message, kind, _COME_BACK if kind is Stopping else None)
        )
        headers += [("Content-Type", content_type), ("X-Request-Id", number)]
        return ErrorResponse(status, reason, headers, body.encode())


def make_room(listeners: Listeners, most: int, parked: int, new: Connection | None = None) -> None:
    """Close as many connections as there are above the limit ``most``, ``parked`` ones aside.

    They are those of the address that has the most; of them, first those that have nothing to read
    any more, then those that have waited longest. A connection whose request is being answered is
    not closed, nor is ``new``. Without a new one, a connection on which something was sent or
    received a moment ago, such as a part of a request, is not closed either.
    """
    if listeners.open_sockets <= most + parked:
        return
    connections = [c for c in listeners.connections() if not (c.is_closing or c.is_parked)]
    of_address = Counter(c.address for c in connections)
    quiet_since = math.inf if new else time.time() - _QUIET
    waiting = [
        c
        for c in connections
        if not c.is_answering and c is not new and c.quiet_since < quiet_since
    ]
    for _ in range(min(len(connections) - most, len(waiting))):
        one = max(waiting, key=lambda c: (of_address[c.address], not c.has_unread, -c.waits_since))
        one.hang_up()
        waiting.remove(one)
        of_address[one.address] -= 1


class Sweeper:
    """Cuts off the connections that are too slow."""

    def __init__(
        self, request_timeout: float, clock: _Clock = time.monotonic, wall: _Clock = time.time
    ) -> None:
        """``request_timeout``: seconds in which a request must arrive, and a response be read."""
        self._timeout = request_timeout
        self._clock, self._wall = clock, wall

    def look_at(self, connection: Any) -> None:
        """Cut a connection off if it is too slow. Runs in the thread that reads all connections."""
        before, connection.watched = connection.watched, None
        if connection.is_closing:
            return
        if connection.is_parked:
            self._look_at_listener(connection)
        elif connection.is_answering:
            self._look_at_reader(connection)
        elif connection.unfinished is not None:
            self._look_at_sender(connection, before)
        elif connection.quiet_since < self._wall() - IDLE:
            connection.hang_up()

    def _look_at_sender(self, connection: Any, before: Any) -> None:
        """``before``: the unfinished request at the last look."""
        now, unfinished = self._clock(), connection.unfinished
        if unfinished is not before:
            connection.watched_since = now
        elif now - connection.watched_since >= self._timeout:
            connection.refuse_unfinished()
            return
        connection.watched = unfinished

    def _look_at_listener(self, connection: Any) -> None:
        """One that has left without a word, or reads nothing of what it was sent, would stay for
        good."""
        is_stuck = connection.has_unread and connection.quiet_since < self._wall() - self._timeout
        if connection.has_failed or is_stuck:
            connection.hang_up()

    def _look_at_reader(self, connection: Any) -> None:
        """waitress has the thread wait until the other side has read, however long that takes."""
        now = self._clock()
        if not connection.holds_a_thread:
            connection.unread_since = None
        elif connection.unread_since is None or connection.written > connection.written_then:
            # The rest of a large response follows as it is read.
            connection.unread_since, connection.written_then = now, connection.written
        elif now - connection.unread_since >= self._timeout:
            connection.hang_up()
