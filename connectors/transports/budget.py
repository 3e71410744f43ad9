"""Limits the SSH handshakes with a host: sites ban clients that connect too often.

Pure but for its clock.
"""

import contextlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable

from dssr.errors import ConnectFailed

# A minute, for each host. sshd itself drops new connections when ten wait at once (MaxStartups).
HANDSHAKES = 30
_PERIOD = 60.0  # seconds


class Budget:
    """At most ``most`` handshakes a minute with each host. Safe to use from many threads.

    The ``unreachable`` ... ``refused`` notes have no effect here: ``Backoff`` makes the pauses
    after them. ``SharedBudget`` uses them.
    """

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        """``now``: a clock, in seconds.

        ``spacing``: seconds between handshakes that fail, so that the budget always has one left
        and the host's return is noticed at once. It leaves room for the connection that was lost,
        which may have been made in the same minute.
        """
        self._most, self._now = most, now
        self.spacing = _PERIOD / max(1, most - 1)
        self._lock = threading.Lock()
        self._handshakes: dict[str, deque[float]] = defaultdict(deque)

    def check(self, host: str, user: str = "") -> None:
        """Raise ``ConnectFailed``, with the seconds to wait, when no handshake is left."""
        with self._lock:
            recent = self._handshakes[host]
            while recent and recent[0] <= self._now() - _PERIOD:
                recent.popleft()
            if len(recent) >= self._most:
                raise ConnectFailed(
                    f"{host} was connected to {self._most} times within a minute: there is a "
                    "pause, since hosts ban clients that go on like that. If connections failed "
                    "or were lost, the errors before this one say why.",
                    max(1, round(recent[0] + _PERIOD - self._now())),
                )

    def count_handshake(self, host: str) -> None:
        """Count a handshake with this host."""
        with self._lock:
            self._handshakes[host].append(self._now())

    def slot(self) -> contextlib.AbstractContextManager[None]:
        """To be held from connecting until the login is done."""
        return contextlib.nullcontext()

    def unreachable(
        self, host: str, error: ConnectFailed, took: float = 0.0, handshakes: int = 0
    ) -> None:
        """Note that the host could not be connected to. To find out took so many seconds, and
        handshakes with one host on the way."""

    def reached(self, host: str) -> None:
        """Note that the host could be connected to."""

    def accepted(self, host: str, user: str) -> None:
        """Note that the host has let the user in."""

    def ended(self, host: str, user: str) -> None:
        """Note that the host ended the connection instead of answering the user's login."""

    def refused(self, host: str, user: str) -> None:
        """Note that the host has refused the user's login."""
