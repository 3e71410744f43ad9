"""How many handshakes a host is asked for: sites ban clients that open connection after connection. Pure but for its clock."""

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
        self._lock = threading.Lock()
        self._spent: dict[str, deque[float]] = defaultdict(deque)

    def check(self, host: str) -> None:
        """Raise ``ConnectFailed``, with the seconds to wait, when there is nothing left for this host."""
        with self._lock:
            spent = self._spent[host]
            while spent and spent[0] <= self._now() - _PERIOD:
                spent.popleft()
            if len(spent) >= self._most:
                raise ConnectFailed(
                    f"{host} was connected to {self._most} times within a minute, and each connection failed or was lost: "
                    "there is a pause, since hosts ban clients that go on like that. See the errors before this one.",
                    max(1, round(spent[0] + _PERIOD - self._now())),
                )

    def spend(self, host: str) -> None:
        """Note a handshake with this host."""
        with self._lock:
            self._spent[host].append(self._now())
