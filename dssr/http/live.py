"""Responses for listeners: a stream of events, or a response that waits until there is something to
report. Neither takes a thread of the server while nothing happens.

A view calls ``stream`` or ``wait``. The server parks the request, if the request's environment has
``PARK``. Without that, as in a test client, the thread waits, and not for long; a thread of the
caller's own (``OWN_THREAD``) waits as long as the caller reads a stream.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from dssr.http.request import current

PARK = "dssr.park"  # of a request's environment: a function that parks the request
OWN_THREAD = "dssr.own_thread"  # of the environment: the thread serves no other caller
WAITED = "dssr.waited"  # of the environment of a request that has waited: its feed
LARGEST = 64 * 1024  # bytes that a feed returns at once, give or take an event
HEARTBEAT = 15.0  # seconds without an event, after which a comment shows that the stream lives
COMMENT = b":\n\n"
_LONGEST = 60.0  # seconds that a thread waits where requests cannot be parked
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter is for nginx


class Feed(Protocol):
    """What a listener receives. ``read`` is called by one thread at a time."""

    def open(self, wake: Callable[[], None]) -> None:
        """Begin. ``wake`` is to be called, by any thread, whenever there is something to read."""
        ...

    def read(self) -> bytes | None:
        """What comes next, about ``LARGEST`` bytes at most; empty: nothing at the moment.

        ``None``: the stream has ended, or the wait is over.
        """
        ...

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be read that a listener who does not read is to be dropped."""
        ...

    def close(self) -> None:
        """Stop: the listener has left, or has everything."""
        ...


@dataclass(frozen=True)
class Parked:
    """A request that waits. ``seconds``: after which it is answered in any case; ``None``: it is a
    stream, whose events are sent as they come."""

    feed: Feed
    caller: str  # as the limit on listeners counts it
    seconds: float | None = None
    is_allowed: Callable[[], bool] = lambda: True  # whether the caller still may listen


def stream(feed: Feed) -> Response:
    """Send what the feed reads as server-sent events, until it ends or the caller leaves.

    Raises ``Unavailable`` when there are too many listeners.
    """
    events: Iterator[bytes] = iter(())
    if request.method != "HEAD":
        if park := _parking():
            park(Parked(feed, current().key, is_allowed=current().is_allowed))
        else:
            longest = math.inf if request.environ.get(OWN_THREAD) else _LONGEST
            events = _events(feed, time.monotonic() + longest)
    return Response(events, headers=_HEADERS, content_type="text/event-stream; charset=utf-8")


def wait(feed: Feed, seconds: float) -> ResponseReturnValue:
    """Run the call again when the feed's ``read`` returns ``None``, or after ``seconds``.

    ``waited`` returns the feed then. Raises ``Unavailable`` when there are too many listeners.
    """
    if park := _parking():
        park(Parked(feed, current().key, seconds))
        current().is_parked = True
        return Response(iter(()))  # which is not sent
    until = time.monotonic() + min(seconds, _LONGEST)
    with _Opened(feed) as opened:
        while feed.read() is not None and opened.woken(until - time.monotonic()):
            pass
    request.environ[WAITED] = feed
    return current_app.dispatch_request()


def waited() -> Feed | None:
    """What the request has waited for; ``None`` when it has not waited."""
    return cast(Feed | None, request.environ.get(WAITED))


def _parking() -> Callable[[Parked], None] | None:
    return cast(Callable[[Parked], None] | None, request.environ.get(PARK))


def _events(feed: Feed, until: float) -> Iterator[bytes]:
    with _Opened(feed) as opened:
        while (events := feed.read()) is not None:
            yield events
            left = until - time.monotonic()
            if not events and not opened.woken(min(left, HEARTBEAT)):
                if left <= HEARTBEAT:
                    return
                yield COMMENT


class _Opened:
    """A feed that is open within a ``with`` block, for a thread that waits for it."""

    def __init__(self, feed: Feed) -> None:
        self._feed, self._wakened = feed, threading.Event()

    def __enter__(self) -> "_Opened":
        self._feed.open(self._wakened.set)
        return self

    def __exit__(self, *_: object) -> None:
        self._feed.close()

    def woken(self, seconds: float) -> bool:
        """Whether there may be something to read within so many seconds."""
        woken = self._wakened.wait(max(0.0, seconds))
        self._wakened.clear()
        return woken
