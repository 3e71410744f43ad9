"""A logged-in connection, and the remote shells on it."""

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

from connectors.transports.counters import UsageCounter
from connectors.transports.framing import Answer
from connectors.transports.pool import AllBusy, ChannelRefused, Pool
from connectors.transports.remote_shell import RemoteShell
from connectors.transports.request import ConnectionLost, NoChannel, Request
from dssr.errors import CommandTimeout, ConnectFailed
from dssr.seams import REPEATABLE

_MAX_SHELLS = 8  # sshd's MaxSessions is 10 by default
_PROBE = 2.0  # seconds in which a connection must show that it is alive, after a timeout on it


class Connection(ABC):
    """An open, logged-in connection and its remote shells. Safe to use from many threads."""

    def __init__(self, name: str, usage: UsageCounter, most: int | None = None) -> None:
        """``name``: of the login, for errors. ``most``: shells at once, eight without it."""
        self._name, self._usage = name, usage
        self._shells = Pool(self.open_shell, most or _MAX_SHELLS)
        self._lock = threading.Lock()
        self._running: list[Request] = []
        self._suspect = self._lost_channels = self._retired = False

    @property
    def usable(self) -> bool:
        """Whether commands can be sent.

        After a command that timed out the host must first show that it still answers
        (``check_alive``): a connection may be dead before TCP notices. A connection that has lost
        channels for good is used until it is idle.
        """
        worn_out = self._retired or (self._lost_channels and not self._running)
        return self.is_active() and not self._suspect and not worn_out

    def check_alive(self, timeout: float | None = None) -> bool:
        """Ask the host for a sign of life, for so many seconds (two by default); returns
        ``usable``."""
        if self.is_active() and not self._retired:
            self._suspect = not self.answers(_PROBE if timeout is None else timeout)
            with self._lock:
                self._retired |= self._lost_channels and not self._running
        return self.usable

    def ask(self, request: Request) -> Answer:
        """Run one command.

        Raises ``ConnectFailed`` while all channels are busy, ``ChannelTimeout`` or ``NoChannel``
        when none was opened (nothing was sent); ``CommandTimeout``, or ``ConnectionLost`` when
        the host gives no sign of life either (the command may or may not have run).
        """
        try:
            with (
                self._registered(request),
                self._shells.borrow(request.patience, request.purpose) as shell,
            ):
                with self._usage.lock:
                    self._usage.commands += 1
                return shell.ask(request, self._assert_alive)
        except CommandTimeout:
            self._suspect = True
            raise
        except AllBusy:
            raise ConnectFailed(
                f"Every channel to {self._name} was busy with other commands until the deadline; "
                "this one was not sent."
            ) from None
        except ChannelRefused:
            raise NoChannel(
                f"sshd opens no session for {self._name}, so no command was sent: check its "
                "MaxSessions (10 is OpenSSH's default), and for commands there that hang."
            ) from None

    def retire(self) -> None:
        """Take no more commands, and close once none runs that must not be sent twice."""
        with self._lock:
            self._retired = True
            if not all(request.purpose in REPEATABLE for request in self._running):
                return
        self.close()

    def close(self) -> None:
        """Close the connection; commands that are running end with ``CommandTimeout``."""
        self.end()
        self._shells.close()

    @abstractmethod
    def is_active(self) -> bool:
        """Whether the connection is open, as far as this side knows."""

    @abstractmethod
    def answers(self, timeout: float) -> bool:
        """Whether the host answers a request for a channel in time; a refusal is an answer too."""

    @abstractmethod
    def open_shell(self, deadline: float) -> RemoteShell:
        """Raises ``ChannelRefused``, ``ChannelTimeout`` or ``NoChannel``: nothing was sent."""

    @abstractmethod
    def end(self) -> None:
        """Close the connection itself; may be called twice, and from two threads at once."""

    @contextlib.contextmanager
    def _registered(self, request: Request) -> Iterator[None]:
        with self._lock:
            if self._retired:
                raise NoChannel(
                    f"The connection to {self._name} is being replaced; this command was not sent."
                )
            self._running.append(request)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(request)
            if self._retired:
                self.retire()

    def _assert_alive(self, deadline: float) -> None:
        """Raises ``ConnectionLost``. Takes half of the time that is left at most, so that another
        node can still do the work; less than two seconds would prove nothing."""
        left = deadline - time.monotonic()
        if left >= _PROBE and not self.answers(min(_PROBE, left / 2)):
            raise ConnectionLost(
                f"{self._name} does not answer any more: a command there may or may not have run."
            )
