"""One login node: its connection, which all callers share, and the thread that replaces it."""

import contextlib
import logging
import threading
import time
from collections.abc import Hashable
from typing import Protocol

from connectors.transports.backoff import Backoff
from connectors.transports.connection import Connection
from connectors.transports.framing import Answer
from connectors.transports.request import ChannelTimeout, ConnectionLost, NoChannel, Request
from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError

log = logging.getLogger(__name__)

# All in seconds.
_INTEREST = 60.0  # after the last command, an unreachable host is tried for so long
_LONG_PAUSE = 10.0  # no thread waits for a longer pause (after a refused login)
_SLOW = 2.0  # an attempt that takes longer counts as failed for its callers
_IDLE = 60.0  # after this a connection that other nodes have made unnecessary is closed
_SILENT = 60.0  # after a host was silent, other nodes are asked first for so long
_SILENT_SPACING = 5.0  # between logins that lead to nothing: each may leave a process on the host
_FIRST_CHANNEL = 5.0  # for a new connection's first channel: a slow host may be the only one
_NEVER = float("-inf")  # the time of an event that has not happened


class Way(Protocol):
    """How a login node is reached. ``str()`` is the login as errors name it."""

    @property
    def mismatch(self) -> str:
        """What is wrong with the host key of a host on the way, or an empty string. While there
        is something, connections made before are not used either."""
        ...

    @property
    def trusted(self) -> Hashable:
        """A value that changes when the trusted host keys may have changed; cheap to get."""
        ...

    @property
    def state(self) -> str:
        """What the present attempt waits for, in the words of an error."""
        ...

    @property
    def spacing(self) -> float:
        """Seconds between the starts of attempts, after the last one; 0 if it reached no host."""
        ...

    def begin(self) -> None:
        """Attempts begin: nothing is known of earlier ones."""
        ...

    def connect(self) -> Connection:
        """Make one attempt. Raises ``ConnectFailed``, ``LoginRefused``, ``HostKeyRefused``."""
        ...


class LoginNode:
    """Connects when first needed, and again after the connection was lost.

    All callers share one attempt to connect. Once it has failed, it goes on in the background, and
    until it succeeds each caller gets its error at once: no caller waits for a dead host.
    """

    def __init__(self, way: Way) -> None:
        self._way = way
        self._changed = threading.Condition()
        self._backoff = Backoff(time.monotonic)
        self._connection: Connection | None = None
        # reconnecting: the thread runs; failing: its first attempt has failed
        self._reconnecting = self._failing = self._closed = False
        self._last_command = self._attempt_began = 0.0  # last_command: never, if not wanted
        self._silent_since = _NEVER  # until the host has opened a channel again
        self._refused_under: object = None  # the trusted keys when a host key was refused

    @property
    def mismatch(self) -> str:
        """See ``Way``."""
        return self._way.mismatch

    @property
    def recently_silent(self) -> bool:
        """Whether the host was silent within the last minute and has not answered since."""
        return time.monotonic() < self._silent_since + _SILENT

    def ask(self, request: Request, again: bool = False) -> Answer:
        """Run a command here. Raises ``TransportError``, as ``Connection.ask`` does."""
        connection = self._connected(request.patience)
        try:
            return connection.ask(request)
        except ConnectionLost:  # callers without a connection have sent nothing
            error = f"{self._way} does not answer any more; this command was not sent."
            connection.retire()
            self._check(connection, ConnectFailed(error))
            raise
        except ChannelTimeout:  # the host may only be slow
            self._check(connection)
            raise
        except NoChannel as error:  # nothing was sent: a new connection may do
            connection.retire()
            if again:
                self._check(connection, error)
                raise
            log.info("%s: %s", self._way, error.message)
        return self.ask(request, again=True)

    def close_idle(self, idle: float = _IDLE) -> None:
        """Close the connection if it was not used for so many seconds. A connection that is being
        made is closed once it is there."""
        with self._changed:
            if time.monotonic() - self._last_command < idle:
                return
            self._last_command = _NEVER
            connection = self._take_unwanted()
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the connection for good."""
        with self._changed:
            self._closed, connection = True, self._connection
            self._changed.notify_all()
        if connection is not None:
            connection.close()

    def _connected(self, patience: float) -> Connection:
        with self._changed:
            self._last_command = time.monotonic()
            while True:
                if self._closed:
                    raise ConnectFailed(
                        f"The connection to {self._way} was closed: the bridge is ending."
                    )
                if self._connection is not None and self._connection.usable and not self.mismatch:
                    return self._connection
                if self._failing:
                    self._backoff.raise_last()
                if not self._reconnecting:
                    self._check_pause()
                    self._start_reconnecting()
                left = patience - time.monotonic()
                if left <= 0:
                    raise self._attempt_is_slow()
                self._changed.wait(left)

    def _check_pause(self) -> None:
        """Raise the last failure during the pause after it. The pause ends early when other host
        keys are trusted than before, or when the host has shown the right key to another login."""
        trusted = self._way.trusted, bool(self.mismatch)
        if self._refused_under not in (None, trusted):
            self._backoff.succeeded()
            self._refused_under = None
        self._backoff.check()

    def _attempt_is_slow(self) -> ConnectFailed:
        """An attempt that has outlasted a caller counts as failed for all, unless it is new."""
        error = ConnectFailed(self._way.state)
        if self._reconnecting and time.monotonic() - self._attempt_began > _SLOW:
            self._backoff.failed(error)
            self._failing = True
        return error

    def _check(self, connection: Connection, error: TransportError | None = None) -> None:
        """Have the background thread make sure that the host answers, after it was silent on this
        connection; callers get ``error`` meanwhile, if there is one. An older connection than the
        current one says nothing about the host any more."""
        with self._changed:
            if connection is not self._connection:
                return
            self._silent_since = time.monotonic()
            if error is not None:
                self._backoff.failed(error)
            if not self._reconnecting and not self._closed:
                with contextlib.suppress(ConnectFailed):  # then the next caller starts it
                    self._start_reconnecting()
                    self._failing = error is not None

    def _start_reconnecting(self) -> None:
        """Start the background thread. Called under the lock, which the thread waits for first.
        Raises ``ConnectFailed`` when the system gives no thread; nothing has changed then."""
        name = f"dssr-{self._way}"
        try:
            threading.Thread(target=self._reconnect, name=name, daemon=True).start()
        except RuntimeError as error:
            log.warning("%s: not connected: %s", self._way, error)
            raise ConnectFailed(
                f"The bridge cannot connect to {self._way}: its system gives it no further "
                f"thread ({error}). This command was not sent. Check the limits on processes and "
                "memory where the bridge runs."
            ) from error
        self._reconnecting, self._attempt_began = True, time.monotonic()
        self._way.begin()

    def _reconnect(self) -> None:
        """Make a connection; try until there is one or none is wanted any more."""
        try:
            with self._changed:
                old = self._connection
            if old is not None and not self.mismatch and old.check_alive():
                self._succeeded(old)
                return
            if old is not None and self.mismatch:
                old.close()
            elif old is not None:
                old.retire()  # also a connection that the host broke, for its file descriptors
            self._pause()
            while self._connect() is None and self._pause():
                pass
        finally:
            with self._changed:
                self._reconnecting = self._failing = False
                unwanted = self._take_unwanted()
                self._changed.notify_all()
            if unwanted is not None:
                unwanted.close()

    def _take_unwanted(self) -> Connection | None:
        """Take out the connection if no command has come since ``close_idle``. Called under the
        lock."""
        if self._reconnecting or self._last_command > _NEVER:
            return None
        connection, self._connection = self._connection, None
        return connection

    def _connect(self) -> Connection | None:
        began, revision = time.monotonic(), self._way.trusted
        try:
            connection = self._logged_in()
        except TransportError as error:
            with self._changed:
                self._failed(error, began, revision)
            return None
        self._succeeded(connection)
        log.info("connected to %s", self._way)
        return connection

    def _logged_in(self) -> Connection:
        """Raises ``TransportError``, also for a host that lets us in and is then silent again."""
        connection = self._way.connect()
        if self._silent_since > _NEVER and not connection.check_alive(_FIRST_CHANNEL):
            connection.close()
            raise ChannelTimeout(
                f"{self._way} lets the user in and then does not answer; no command was sent."
            )
        return connection

    def _failed(self, error: TransportError, began: float, revision: object) -> None:
        """Note a failed attempt. Called under the lock."""
        silent = _SILENT_SPACING if isinstance(error, ChannelTimeout) else 0.0
        error = self._backoff.failed(error, began, max(self._way.spacing, silent))
        # An outage is logged once, a refused login each time; the verifier logs changed keys.
        is_logged = isinstance(error, HostKeyChanged) or (
            self._failing and not isinstance(error, LoginRefused)
        )
        level = logging.DEBUG if is_logged else logging.WARNING
        log.log(level, "%s: %s", self._way, error.message)
        self._refused_under = None
        if isinstance(error, HostKeyRefused):
            self._refused_under = (revision, bool(self.mismatch))
        self._failing = True
        self._changed.notify_all()

    def _succeeded(self, connection: Connection) -> None:
        with self._changed:
            self._backoff.succeeded()
            self._silent_since = _NEVER
            self._connection, closed = connection, self._closed
        if closed:
            connection.close()

    def _pause(self) -> bool:
        """Wait until the next attempt is due; returns whether it is worth making."""
        with self._changed:
            pause = self._backoff.remaining
            if pause > _LONG_PAUSE or self._changed.wait_for(lambda: self._closed, pause):
                return False
            return time.monotonic() - self._last_command < _INTEREST
