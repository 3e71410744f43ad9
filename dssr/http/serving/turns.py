"""Whose call gets a thread: one caller's slow calls leave some for the others, and all callers' some for what is always quick.

A call above the most that one caller, or all, may have in work waits here, as it would for a thread, and takes none meanwhile:
nobody is refused who only sends many. Callers take turns. Who has waited too long to be answered well waits no longer: to tell
him so is quick, too.
"""

import base64
import binascii
import functools
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from dssr.http.checks.deadline import NEVER_LATE

_LONGEST_KEPT = 1024  # characters of a header that is remembered


class Turns:
    """Gives connections with a request to ``begin``: each caller's in the order they came."""

    def __init__(
        self,
        each: int,
        together: int,
        wait: float,
        protected: bool,
        begin: Callable[[Any], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``each``, ``together``: how many of a caller and of all may be in work at once; ``wait``: seconds from a request's
        arrival after which it is late; ``protected``: credentials say who calls; otherwise it is the address."""
        self._each, self._free, self._protected, self._wait = each, together, protected, wait
        self._begin, self._clock = begin, clock
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[Any]] = {}  # the caller first whose turn is next
        self._hasten_at = math.inf  # before that nobody is late
        self._lock = threading.Lock()

    def add(self, channel: Any) -> None:
        """Begin with a connection's first request, now or when it is its caller's turn; ``channel.turn`` has to be ended."""
        channel.turn = caller = self._caller(channel)
        if caller:
            with self._lock:
                if not self._free or self._running.get(caller, 0) >= self._each:
                    self._waiting.setdefault(caller, deque()).append(channel)
                    self._hasten_at = min(self._hasten_at, self._late_at(channel))
                    return
                self._take(caller)
        self._begin(channel)

    def end(self, caller: str) -> None:
        """A request of that caller has been answered: the next one begins."""
        with self._lock:
            self._give_back(caller)
            begun = [*self._late(), *self._next()]
        for channel in begun:
            self._begin(channel)

    def hasten(self) -> None:
        """Begin with those who are late, whose turn it may not be for long."""
        with self._lock:
            late = self._late()
        for channel in late:
            self._begin(channel)

    def _take(self, caller: str) -> None:
        self._running[caller] = self._running.get(caller, 0) + 1
        self._free -= 1

    def _give_back(self, caller: str) -> None:
        running = self._running.pop(caller)
        if running > 1:
            self._running[caller] = running - 1
        self._free += 1

    def _late_at(self, channel: Any) -> float:
        return float(channel.requests[0].arrived + self._wait)

    def _late(self) -> list[Any]:
        """Those who are late wait no longer, and take nobody's turn. Called under the lock."""
        late: list[Any] = []
        if (now := self._clock()) < self._hasten_at:
            return late
        for caller, waiting in list(self._waiting.items()):
            while waiting and self._late_at(waiting[0]) <= now:
                late.append(waiting.popleft())
                late[-1].turn = ""
            if not waiting:
                del self._waiting[caller]
        self._hasten_at = min(
            (self._late_at(waiting[0]) for waiting in self._waiting.values()), default=math.inf
        )
        return late

    def _next(self) -> list[Any]:
        """Whose turn it is, if it is anybody's. Called under the lock."""
        for caller, waiting in self._waiting.items():
            if self._running.get(caller, 0) < self._each:
                channel = waiting.popleft()
                del self._waiting[caller]
                if waiting:
                    self._waiting[caller] = waiting  # behind the others
                self._take(caller)
                return [channel]
        return []

    def _caller(self, channel: Any) -> str:
        """Who it says it is, in one spelling (what is false is refused fast); empty for what never waits."""
        request = channel.requests[0]
        if request.error or request.path in NEVER_LATE:
            return ""
        if self._protected and (header := request.headers.get("AUTHORIZATION")):
            return _said(header) if len(header) > _LONGEST_KEPT else _said_lately(header)
        return str(channel.addr[0])


def _said(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    scheme, rest = scheme.lower(), rest.strip()
    if scheme == "basic":
        try:
            rest = base64.b64decode(rest, validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            rest = ""
    return f"{scheme} {rest}"


_said_lately = functools.lru_cache(maxsize=256)(_said)
