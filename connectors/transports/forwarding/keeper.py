"""Stays logged in at one of several login nodes, so that there are forwards.

A thread logs in, waits for the end of the connection, and logs in again: at the first of the login
nodes that lets the user in, with all forwards at the paths that they had.
"""

import contextlib
import logging
import re
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.transports.backoff import Backoff
from connectors.transports.forwarding.words import Forward
from dssr.errors import ConnectFailed, Refused, TransportError

log = logging.getLogger(__name__)
_APART = 1.0  # seconds between two logins at least
# After the loss of a connection, a host on which nothing listens may be about to start its sshd
# again: seconds for which it is tried often, and between two tries. No login comes of them.
_RESTARTS, _SOON = 3.0, 0.1
_NOTHING_LISTENS = re.compile(r"Cannot connect to .*: Connection refused")
_SILENT = "not responding"  # what is said when a host does not answer any more
_LOOK = 0.5  # seconds between looks whether a login is worth a try
_REFUSALS = 40  # that are kept


class Keeper(ABC):
    """The connection, or the attempts to have one. Safe to use from many threads.

    A subclass calls ``start`` once it is made, ``established`` when the user is logged in, and
    ``ended`` when the connection has ended.
    """

    def __init__(self, hosts: Sequence[str], patience: float) -> None:
        """``patience``: seconds for a login."""
        self._hosts, self._patience = tuple(hosts), patience
        self._backoffs = {host: Backoff(time.monotonic) for host in hosts}
        self._changed = threading.Condition()
        self._forwards: dict[tuple[str, int], Forward] = {}
        self._is_connected = self._stopping = self._is_restarting = False
        self._host = ""
        self._error: TransportError | None = None
        self._refusals: deque[tuple[float, str]] = deque(maxlen=_REFUSALS)
        self._logins = 0
        self._since = 0.0
        self._lost_at = -_RESTARTS
        self._thread = threading.Thread(target=self._keep, name="forwards", daemon=True)

    @abstractmethod
    def stay(self, host: str) -> str:
        """Log in and stay until the end of the connection; what was said of that. Raises
        ``TransportError`` for what is no login."""

    @abstractmethod
    def make(self, forwards: Sequence[Forward]) -> None:
        """Make them at the connection. Raises ``TransportError``, ``Refused``."""

    @abstractmethod
    def drop(self, forward: Forward) -> None:
        """Take no new connections to it. Raises ``TransportError``, ``Refused``."""

    @abstractmethod
    def cut(self) -> None:
        """End the connection, or the attempt to have one; called under the lock."""

    def add(self, forward: Forward) -> None:
        """Have a forward from now on, as soon as there is a connection.

        Raises ``TransportError`` if no host lets the user in, ``Refused``.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_connected or self._error or self._stopping, self._patience
            )
            if not self._is_connected:
                hosts = ", ".join(self._hosts)
                raise self._error or ConnectFailed(f"There is no login to {hosts}.")
            self.make([forward])
            self._forwards[forward.host, forward.port] = forward

    def remove(self, host: str, port: int) -> None:
        """Have it no more. Open connections go on."""
        with self._changed:
            forward = self._forwards.pop((host, port), None)
            if forward and self._is_connected:
                with contextlib.suppress(Refused, TransportError):
                    self.drop(forward)
        if forward:
            Path(forward.path).unlink(missing_ok=True)

    def refusal(self, since: float) -> str:
        """See ``Forwards.refusal``."""
        known = reversed(self._refusals.copy())  # another thread adds to them
        return next((why for at, why in known if at >= since), "")

    def status(self) -> dict[str, Any]:
        """See ``Forwards.status``."""
        with self._changed:
            return {
                "connected": self._is_connected,
                "login_node": self._host,
                "since": self._since,
                "logins": self._logins,
                "forwards": [f"{host}:{port}" for host, port in self._forwards],
                "error": self._error.message if self._error else "",
            }

    def stop(self) -> None:
        """End the connection, and have no other."""
        with self._changed:
            self._stopping = True
            self.cut()
            self._changed.notify_all()
        self._thread.join(10)

    def start(self) -> None:
        """Begin to log in."""
        self._thread.start()

    def established(self) -> None:
        """There is a login: make the forwards that there are. Raises ``TransportError``."""
        with self._changed:
            self._is_connected, self._error, self._since = True, None, time.time()
            try:
                if self._forwards:
                    self.make(list(self._forwards.values()))
            except Refused as error:
                raise ConnectFailed(error.message) from error
            self._changed.notify_all()

    def ended(self) -> None:
        """There is no connection any more."""
        with self._changed:
            self._is_connected = False

    def _keep(self) -> None:
        while not self._stopping:
            known, is_restarting = self._backoffs.items(), self._is_restarting
            tried = ((host, b) for host, b in known if is_restarting or not b.remaining)
            error: TransportError | None = None
            while (one := next(tried, None)) and not self._stopping:
                if (error := self._serve(*one)) is None:
                    break  # the first host again
            with self._changed:
                self._error = error or self._error  # once no host lets the user in
                self._changed.notify_all()
                self._is_restarting = self._may_restart(error)
                pause = min(backoff.remaining for backoff in self._backoffs.values())
                pause = min(pause, _SOON) if self._is_restarting else pause
            self._rest(pause)

    def _rest(self, pause: float) -> None:
        """Wait for so long, or until a login is worth a try before."""
        until = time.monotonic() + pause
        while (left := until - time.monotonic()) > 0 and not self._stopping:
            if self.is_worth_a_try():
                self._backoffs = {host: Backoff(time.monotonic) for host in self._hosts}
                return
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, min(left, _LOOK))

    def is_worth_a_try(self) -> bool:
        """Whether what has kept the user out may have changed."""
        return False

    def _may_restart(self, error: TransportError | None) -> bool:
        is_recent = time.monotonic() - self._lost_at < _RESTARTS
        return is_recent and error is not None and bool(_NOTHING_LISTENS.match(error.message))

    def _serve(self, host: str, backoff: Backoff) -> TransportError | None:
        """Connect and stay until the end of the connection; the error if there was none."""
        began = time.monotonic()
        self._logins += 1
        with self._changed:
            self._host = host
        try:
            said = self.stay(host)
        except TransportError as error:
            log.warning("%s", error.message)
            return backoff.failed(error, began)
        backoff.succeeded()
        if not self._stopping:
            self._lost(host, backoff, said[-300:], began + _APART - time.monotonic())
        return None

    def _lost(self, host: str, backoff: Backoff, said: str, pause: float) -> None:
        log.warning("The connection to %s has ended: %s", host, said)
        self._lost_at = time.monotonic()
        if _SILENT in said:  # the other login nodes first
            backoff.failed(ConnectFailed(f"{host} does not answer."))
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, max(0.0, pause))
