"""Which request gets a thread: one caller's slow calls leave threads for other callers, and the
calls of all leave some for what never waits for the cluster.

A request above the limit of its caller, or of all callers, waits here and takes no thread
meanwhile: a caller who sends many is not refused. Callers take turns. A request that has waited too
long to be answered well waits no longer, because to refuse it is quick, too.
"""

import base64
import binascii
import functools
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

from dssr.http.site import SESSION_COOKIE
from dssr.seams import Figure

_LONGEST_KEPT = 1024  # characters of a header that is remembered


class Turns:
    """Gives connections with a request to ``begin``: those of one caller in the order they came."""

    def __init__(
        self,
        each: int,
        together: int,
        wait: float,
        protected: bool,
        at_once: Collection[str],
        begin: Callable[[Any], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``each``, ``together``: how many requests of one caller and of all may run at once.

        ``wait``: seconds from a request's arrival after which it is late. ``protected``: callers
        are distinguished by credentials, otherwise by address. ``at_once``: paths of calls that
        never wait.
        """
        self._each, self._free, self._protected, self._wait = each, together, protected, wait
        self._at_once, self._begin, self._clock = at_once, begin, clock
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[Any]] = {}  # the caller whose turn is next comes first
        self._hasten_at = math.inf  # before that no request is late
        self._lock = threading.Lock()

    def add(self, connection: Any) -> None:
        """Begin with a connection's first request, now or when it is its caller's turn.

        Its ``turn`` is the caller afterwards, for ``end``; it is empty for a request that takes
        none.
        """
        connection.turn = caller = self._caller(connection)
        if caller:
            with self._lock:
                if not self._free or self._running[caller] >= self._each:
                    self._waiting.setdefault(caller, deque()).append(connection)
                    self._hasten_at = min(self._hasten_at, self._late_at(connection))
                    return
                self._running[caller] += 1
                self._free -= 1
        self._begin(connection)

    def end(self, caller: str) -> None:
        """Note that a request of that caller has been answered, and begin with the next one."""
        with self._lock:
            self._free += 1
            self._running[caller] -= 1
            if not self._running[caller]:
                del self._running[caller]
            begun = [*self._late(), *self._next()]
        for connection in begun:
            self._begin(connection)

    def figures(self) -> Sequence[Figure]:
        """How many requests run and wait, for ``/metrics``."""
        about = "Calls that may wait for the cluster: that run, and that wait for their turn"
        with self._lock:
            running, waiting = self._running.total(), sum(map(len, self._waiting.values()))
        states = (("running", running), ("waiting", waiting))
        return [Figure("dssr_calls", about, n, labels=(("state", state),)) for state, n in states]

    def hasten(self) -> None:
        """Begin with the requests that are late, which may be far from their turn."""
        with self._lock:
            late = self._late()
        for connection in late:
            self._begin(connection)

    def _late_at(self, connection: Any) -> float:
        return float(connection.requests[0].arrived + self._wait)

    def _late(self) -> list[Any]:
        """The requests that are late, which take no turn. Call it with the lock held."""
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
        """The request whose turn it is, if any. Call it with the lock held."""
        for caller, waiting in self._waiting.items():
            if self._running[caller] < self._each:
                connection = waiting.popleft()
                del self._waiting[caller]
                if waiting:
                    self._waiting[caller] = waiting  # after the others
                self._running[caller] += 1
                self._free -= 1
                return [connection]
        return []

    def _caller(self, connection: Any) -> str:
        """The caller, as its credentials claim (wrong ones are refused soon); empty for what never
        waits.
        """
        request = connection.requests[0]
        if request.error is not None or request.path in self._at_once:
            return ""
        if self._protected and (header := request.headers.get("AUTHORIZATION")):
            return _claimed(header) if len(header) > _LONGEST_KEPT else _claimed_lately(header)
        if self._protected and (cookies := request.headers.get("COOKIE")):
            # Those who have logged in to the portal may all come from the address of a proxy.
            session = SESSION_COOKIE.search(cookies)
            return session[1] if session else str(connection.address)
        return str(connection.address)


def _claimed(header: str) -> str:
    """Whom a header claims to be, in one spelling."""
    scheme, _, rest = header.partition(" ")
    scheme, rest = scheme.lower(), rest.strip()
    if scheme == "basic":
        try:
            rest = base64.b64decode(rest, validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            rest = ""
    return f"{scheme} {rest}"


_claimed_lately = functools.lru_cache(maxsize=256)(_claimed)
