"""The callers who listen: one thread sends all of them what their feeds have, and waits for none.

A listener gets the next part when the last one has left the bridge. One that does not read while
its feed falls behind is dropped.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from dssr.errors import Busy, TooMany
from dssr.http.live import COMMENT, HEARTBEAT, Feed, Parked
from dssr.seams import Figure

log = logging.getLogger(__name__)

LISTENERS = 1000
LISTENERS_EACH = 64  # of one caller
CHECK_EVERY = 15.0  # seconds, for credentials that are no longer valid
_COME_BACK = 10  # seconds, for a listener without a place
_LIMIT = (
    "listeners, which is the limit: close some, or ask again and again without waiting, with"
    " If-None-Match."
)
_LOOK_EVERY = 0.25  # second, for what is due by the clock


class ParkedConnection(Protocol):
    """A connection whose first request is parked."""

    @property
    def is_open(self) -> bool:
        """Whether the listener is there, as far as is known."""

    @property
    def has_unread(self) -> bool:
        """Whether something that was sent has not left yet."""

    @property
    def is_half_closed(self) -> bool:
        """Whether the listener sends nothing more, and so may have left."""

    def send_event(self, data: bytes) -> None:
        """Send a part of the response, as far as the listener reads."""

    def end_stream(self) -> None:
        """End the response."""

    def answer_again(self, feed: Feed) -> None:
        """Have the request answered, which has waited for that feed."""

    def probe(self) -> None:
        """Send what a listener who waits for a response ignores: if it has left, the connection
        fails."""

    def refuse_parked(self) -> None:
        """Answer the request with an error: the server stops."""

    def hang_up(self) -> None:
        """Close the connection, whether or not the other side reads what was sent."""


@dataclass
class _Listener:
    parked: Parked
    due: float  # when a heartbeat is due, or the end of a wait
    check_at: float  # when to look whether the listener still may listen
    is_probed: bool = False  # whether it was sent something since it sends nothing more

    @property
    def is_stream(self) -> bool:
        return self.parked.seconds is None

    def is_due(self, now: float) -> bool:
        return now >= min(self.due, self.check_at)


class Parking:
    """The places of all listeners."""

    def __init__(
        self,
        each: int = LISTENERS_EACH,
        together: int = LISTENERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``each``, ``together``: how many places one caller and all callers may take."""
        self._each, self._together = each, together
        self._reserved: Counter[str] = Counter()  # places, by caller
        self._clock = clock
        self._listeners: dict[ParkedConnection, _Listener] = {}
        self._woken: dict[ParkedConnection, None] = {}  # in the order in which they were
        self._changed = threading.Condition()
        self._runs = False  # whether the thread does
        self._look_at = 0.0

    def __len__(self) -> int:
        return len(self._listeners)

    def figures(self) -> Sequence[Figure]:
        """How many listen, for ``/metrics``."""
        return [Figure("dssr_listeners", "Callers that wait for events", len(self))]

    def reserve(self, parked: Parked) -> None:
        """Take a place. Raises ``TooMany`` or ``Busy`` when there is none."""
        with self._changed:
            if self._reserved[parked.caller] >= self._each:
                raise TooMany(f"This caller has {self._each} {_LIMIT}", _COME_BACK)
            if self._reserved.total() >= self._together:
                raise Busy(f"The bridge has {self._together} {_LIMIT}", _COME_BACK)
            self._reserved[parked.caller] += 1

    def give_up(self, parked: Parked) -> None:
        """Give a place back."""
        with self._changed:
            self._reserved[parked.caller] -= 1
            if not self._reserved[parked.caller]:
                del self._reserved[parked.caller]

    def add(self, place: ParkedConnection, parked: Parked) -> None:
        """Serve a listener that has a place, from now on."""
        now = self._clock()
        listener = _Listener(parked, now + (parked.seconds or 0.0), now + CHECK_EVERY)
        # First, so that the thread reads no feed that is not open.
        parked.feed.open(partial(self.wake, place))
        with self._changed:
            self._listeners[place] = listener
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="listeners", daemon=True).start()
        self.wake(place)
        if not place.is_open:  # it left before it was here
            self.left(place)

    def wake(self, place: ParkedConnection) -> None:
        """There may be something to send to that listener."""
        with self._changed:
            self._woken[place] = None
            self._changed.notify()

    def left(self, place: ParkedConnection) -> None:
        """A listener has left."""
        self._remove(place)

    def close(self) -> None:
        """End all streams, and answer the requests that wait. Runs when no thread answers calls."""
        for place, listener in list(self._listeners.items()):
            if self._remove(place):
                place.end_stream() if listener.is_stream else place.refuse_parked()

    def _run(self) -> None:
        while (woken := self._next()) is not None:
            for place in woken:
                if listener := self._listeners.get(place):
                    self._try_to_serve(place, listener)

    def _next(self) -> list[ParkedConnection] | None:
        """The listeners to look at; ``None`` when there are none left."""
        with self._changed:
            if not self._listeners:
                self._runs = False
                self._woken.clear()
                return None
            if not self._woken:
                self._changed.wait(_LOOK_EVERY)
            woken, self._woken = self._woken, {}
            now = self._clock()
            if now >= self._look_at:
                self._look_at = now + _LOOK_EVERY
                listening = self._listeners.items()
                woken |= {place: None for place, each in listening if each.is_due(now)}
        return list(woken)

    def _try_to_serve(self, place: ParkedConnection, listener: _Listener) -> None:
        """A fault with one listener must not end the thread, which serves all."""
        try:
            self._serve(place, listener)
        except Exception:
            log.exception("A listener's connection is closed, because of a fault")
            self._remove(place)
            place.hang_up()

    def _serve(self, place: ParkedConnection, listener: _Listener) -> None:
        if place.has_unread:  # its connection wakes it when that has left
            if listener.parked.feed.is_behind and self._remove(place):
                place.hang_up()
            return
        if place.is_half_closed and not listener.is_probed:
            listener.is_probed = True
            place.send_event(COMMENT) if listener.is_stream else place.probe()
            return
        now = self._clock()
        if now >= listener.check_at:
            listener.check_at = now + CHECK_EVERY
            if not listener.parked.is_allowed():
                self._end(place, listener)
                return
        data = listener.parked.feed.read()
        is_due = now >= listener.due
        if data is None or (is_due and not listener.is_stream):
            self._end(place, listener)
        elif data or (is_due and listener.is_stream):
            place.send_event(data or COMMENT)
            listener.due = now + HEARTBEAT
            if data and not place.has_unread:
                self.wake(place)  # after the others: there may be more

    def _end(self, place: ParkedConnection, listener: _Listener) -> None:
        if not self._remove(place):
            return
        if listener.is_stream:
            place.end_stream()
        else:
            place.answer_again(listener.parked.feed)

    def _remove(self, place: ParkedConnection) -> bool:
        """Whether it was there."""
        with self._changed:
            listener = self._listeners.pop(place, None)
        if listener is None:
            return False
        listener.parked.feed.close()
        self.give_up(listener.parked)
        return True
