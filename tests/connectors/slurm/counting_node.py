"""A login node that counts connections and commands, and a door that opens transports for users."""

import threading
from collections.abc import Callable, Sequence

from connectors.transports.budget import Budget
from connectors.transports.keys import PrivateKey
from dssr.seams import Completed, Purpose, Sink
from tests.connectors.slurm.people import SOON


class Counting:
    """A login node that counts: who is connected, and how many ever were at once."""

    def __init__(self) -> None:
        self.connected: list[str] = []
        self.most = self.logins = 0
        self.during: Callable[[str], None] = lambda user: None
        self._lock = threading.Lock()

    def as_user(self, user: str, key: PrivateKey, budget: Budget) -> "Door":
        return Door(self, user)

    def hold_the_first(self) -> tuple[threading.Event, threading.Event]:
        """The first command sets one event when it has begun, and goes on until the test sets the
        other."""
        began, over = threading.Event(), threading.Event()

        def during(user: str) -> None:
            if not began.is_set():
                began.set()
                over.wait(SOON)

        self.during = during
        return began, over

    def enter(self, user: str) -> None:
        with self._lock:
            self.connected.append(user)
            self.logins += 1
            self.most = max(self.most, len(self.connected))

    def leave(self, user: str) -> None:
        with self._lock:
            self.connected.remove(user)


class Door:
    """One user's transport."""

    def __init__(self, node: Counting, user: str) -> None:
        self.node, self.user, self.is_open = node, user, False
        self._lock = threading.Lock()

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        with self._lock:
            if not self.is_open:
                self.is_open = True
                self.node.enter(self.user)
        self.node.during(self.user)
        return Completed(tuple(argv), 0, self.user.encode(), b"")

    def rest(self) -> None:
        if self.is_open:
            self.is_open = False
            self.node.leave(self.user)

    close = rest
