"""Whose call gets a thread: one caller's slow calls leave some for the others, however many he sends.

A call above the most that one caller may have in work waits here, as it would for a thread, and takes none meanwhile: nobody
is refused who only sends many.
"""

import base64
import binascii
import functools
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_NEVER_WAIT = frozenset({"/live", "/metrics"})
_LONGEST_KEPT = 1024  # characters of a header that is remembered


class Turns:
    """Gives connections with a request to ``begin`` in the order they came, ``most`` of each caller at once."""

    def __init__(self, most: int, protected: bool, begin: Callable[[Any], None]) -> None:
        """``protected``: credentials say who calls; otherwise it is the address."""
        self._most, self._protected, self._begin = most, protected, begin
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[Any]] = {}
        self._lock = threading.Lock()

    def add(self, channel: Any) -> None:
        """Begin with a connection's first request, now or when it is its caller's turn; ``channel.turn`` has to be ended."""
        channel.turn = caller = self._caller(channel)
        if caller:
            with self._lock:
                running = self._running.get(caller, 0)
                if running >= self._most:
                    self._waiting.setdefault(caller, deque()).append(channel)
                    return
                self._running[caller] = running + 1
        self._begin(channel)

    def end(self, caller: str) -> None:
        """A request of that caller has been answered: his next one begins."""
        with self._lock:
            if waiting := self._waiting.get(caller):
                channel = waiting.popleft()
                if not waiting:
                    del self._waiting[caller]
            else:
                channel, running = None, self._running.pop(caller)
                if running > 1:
                    self._running[caller] = running - 1
        if channel is not None:
            self._begin(channel)

    def _caller(self, channel: Any) -> str:
        """Who it says it is, in one spelling (what is false is refused fast); empty for what never waits."""
        request = channel.requests[0]
        if request.error or request.path in _NEVER_WAIT:
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
