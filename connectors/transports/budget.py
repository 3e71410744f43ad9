"""How many handshakes a host is asked for: sites ban clients that open connection after connection. Pure but for its clock."""

import contextlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable

from dssr.errors import ConnectFailed

_PERIOD = 60.0  # seconds


class Budget:
    """At most ``most`` handshakes a minute with each host."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        """``now``: a clock in seconds."""
        self._most, self._now = most, now
        # Seconds by which handshakes that fail should be apart, so that one who goes on trying never finds nothing left, and
        # notices the host's return at once. Room is left for the connection that he had before, in the same minute.
        self.spacing = _PERIOD / max(1, most - 1)
        self._lock = threading.Lock()
        self._spent: dict[str, deque[float]] = defaultdict(deque)

    def check(self, host: str, user: str = "") -> None:
        """Raise ``ConnectFailed``, with the seconds to wait, when there is nothing left for this user on this host."""
        with self._lock:
            spent = self._spent[host]
            while spent and spent[0] <= self._now() - _PERIOD:
                spent.popleft()
            if len(spent) >= self._most:
                raise ConnectFailed(
                    f"{host} was connected to {self._most} times within a minute: there is a pause, since hosts ban clients "
                    "that go on like that. If connections failed or were lost, the errors before this one say why.",
                    max(1, round(spent[0] + _PERIOD - self._now())),
                )

    def spend(self, host: str) -> None:
        """Note a handshake with this host."""
        with self._lock:
            self._spent[host].append(self._now())

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """What to hold from connecting to having logged in."""
        return contextlib.nullcontext()

    def unreachable(
        self, host: str, error: ConnectFailed, took: float = 0.0, handshakes: int = 0
    ) -> None:
        """Note that the host could not be connected to, which took so many seconds, and handshakes with a host on the way, to
        find out."""

    def reached(self, host: str) -> None:
        """Note that it could."""

    def accepted(self, host: str, user: str) -> None:
        """Note that the host has let the user in."""

    def ended(self, host: str, user: str) -> None:
        """Note that it ended the connection instead of saying whether it does."""

    def refused(self, host: str, user: str) -> None:
        """Note that it has not. Nothing comes of these notes here: the pauses after them are the caller's (``Backoff``)."""
