"""One login node: its connection, which all callers share, and the one thread that makes it anew."""

import contextlib
import logging
import threading
import time
from functools import partial

from connectors.transports.backoff import Backoff
from connectors.transports.budget import Budget
from connectors.transports.counters import Tally
from connectors.transports.framing import Answer
from connectors.transports.ssh.attempt import Attempt
from connectors.transports.ssh.connection import Connection, Dead, Errand, Mute, NoChannel
from connectors.transports.ssh.login import Login
from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError

log = logging.getLogger(__name__)

_INTEREST = 60.0  # seconds after the last question for which a host out of reach is still tried
_LONG_PAUSE = 10.0  # seconds; a longer pause (after a refused login) is not worth a waiting thread
_SLOW = 2.0  # seconds after which an attempt to connect is nothing to wait for
_IDLE = 60.0  # seconds after which a connection that other nodes have made needless is closed
_DOUBTED = 60.0  # seconds for which reads are made elsewhere, after a host was silent
_MUTE = 5.0  # seconds between logins that lead to nothing: each may leave a process behind on a host that is ill
_FIRST = 5.0  # seconds for a new connection's first channel: a host that is slow, and the only one, is still of use
_NEVER = float(
    "-inf"
)  # the time of what has not happened; of the last question, when the connection is not wanted any more


class Node:
    """Connects when first needed, and again when the connection was lost.

    However many callers wait for a connection, one attempt is made for all. Once it has failed it goes on in the background,
    and until it succeeds each caller is told the failure at once: nobody waits in line for a dead host.
    """

    def __init__(
        self, login: Login, prelude: bytes, connect_timeout: float, budget: Budget, tally: Tally
    ) -> None:
        self._login, self._prelude, self._tally = login, prelude, tally
        self._new_attempt = partial(Attempt, login, connect_timeout, budget, tally)
        self._changed = threading.Condition()
        self._backoff = Backoff(time.monotonic)
        self._connection: Connection | None = None
        self._attempt = self._new_attempt()
        self._keeping = self._failing = self._closed = (
            False  # keeping: the thread runs; failing: and has failed before
        )
        self._asked = self._began = 0.0
        self._silent = _NEVER  # when the host gave no sign of life; no matter any more when it has opened a channel since
        self._refused_under: object = None  # what was trusted when a host key was refused

    @property
    def alarm(self) -> str:
        """What is wrong with the key of a host on the way here, or an empty string. A connection made before counts for
        nothing then."""
        return self._login.guard.alarm(self._login.hosts)

    @property
    def doubted(self) -> bool:
        """Whether the host was silent within the last minute, and has not been well since."""
        return time.monotonic() < self._silent + _DOUBTED

    def ask(self, errand: Errand, again: bool = False) -> Answer:
        """Have a command run here."""
        connection = self._connected(errand.patience)
        try:
            return connection.ask(errand)
        except Dead:  # others have sent nothing yet
            self._fail(
                connection,
                ConnectFailed(
                    f"{self._login} does not answer any more; this command was not sent."
                ),
            )
            raise
        except Mute:  # perhaps it only had too little time
            self._doubt(connection)
            raise
        except NoChannel as error:  # nothing was sent: a new connection may do
            if again:
                self._fail(connection, error)
                raise
            log.info("%s: %s", self._login, error.message)
            connection.retire()
        return self.ask(errand, again=True)

    def rest(self, idle: float = _IDLE) -> None:
        """Close the connection if it has not been used for so many seconds; one that is being made, once it is there."""
        with self._changed:
            if time.monotonic() - self._asked < idle:
                return
            self._asked = _NEVER
            connection = self._unwanted()
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
            self._asked = time.monotonic()
            while True:
                if self._closed:
                    raise ConnectFailed(
                        f"The connection to {self._login} was closed: the bridge is ending."
                    )
                if self._connection is not None and self._connection.usable and not self.alarm:
                    return self._connection
                if self._failing:
                    self._backoff.tell()
                if not self._keeping:
                    self._check_pause()
                    self._start_keeping()
                left = patience - time.monotonic()
                if left <= 0:
                    raise self._slow()
                self._changed.wait(left)

    def _check_pause(self) -> None:
        """Wait for the next attempt, but not when other host keys are trusted now than at the last one, or somebody else has
        been shown the right key since."""
        if self._refused_under not in (None, (self._login.guard.trust.revision, bool(self.alarm))):
            self._backoff.succeeded()
            self._refused_under = None
        self._backoff.check()

    def _slow(self) -> ConnectFailed:
        """An attempt that has outlasted a caller counts as failed for all others, unless it is a fresh one."""
        error = ConnectFailed(self._attempt.state)
        if self._keeping and time.monotonic() - self._began > _SLOW:
            self._backoff.failed(error)
            self._failing = True
        return error

    def _fail(self, connection: Connection, error: TransportError) -> None:
        """That connection is of no use, and another is not expected to be better: others are told at once."""
        connection.retire()
        self._doubt(connection, error)

    def _doubt(self, connection: Connection, error: TransportError | None = None) -> None:
        """Have it made sure that the host is well, unless that connection is not the last one that was made: what is known by
        now holds then. With an error all callers are told that meanwhile."""
        with self._changed:
            if connection is not self._connection:
                return
            self._silent = time.monotonic()
            if error is not None:
                self._backoff.failed(error)
            if not self._keeping and not self._closed:
                with contextlib.suppress(ConnectFailed):  # the next caller starts it, or is told
                    self._start_keeping()
                    self._failing = error is not None

    def _start_keeping(self) -> None:
        """Raises ``ConnectFailed``, and nothing has changed, when the system gives no thread. Called under the lock, for which
        the thread waits first."""
        try:
            threading.Thread(
                target=self._keep, name=f"dssr-{self._login.host}", daemon=True
            ).start()
        except RuntimeError as error:
            log.warning("%s: not connected: %s", self._login, error)
            raise ConnectFailed(
                f"The bridge cannot connect to {self._login}: its system gives it no further thread ({error}). This command "
                "was not sent. Check the limits on processes and memory where the bridge runs."
            ) from error
        self._keeping, self._began = True, time.monotonic()
        self._attempt = self._new_attempt()

    def _keep(self) -> None:
        """Make a connection; try again until one is there, or nobody wants it any more."""
        try:
            with self._changed:
                old = self._connection
            if old is not None and not self.alarm and old.revived():
                self._note_success(old)
                return
            if old is not None and self.alarm:
                old.close()
            elif old is not None:
                old.retire()  # also what the other side broke, to give its descriptors back
            self._pause()
            while self._connect() is None and self._pause():
                pass
        finally:
            with self._changed:
                self._keeping = self._failing = False
                unwanted = self._unwanted()
                self._changed.notify_all()
            if unwanted is not None:
                unwanted.close()

    def _unwanted(self) -> Connection | None:
        """Take out a connection that nobody has asked for since ``rest``. Called under the lock."""
        if self._keeping or self._asked > _NEVER:
            return None
        connection, self._connection = self._connection, None
        return connection

    def _connect(self) -> Connection | None:
        began, revision = time.monotonic(), self._login.guard.trust.revision
        try:
            connection = self._logged_in()
        except TransportError as error:
            with self._changed:
                spacing = max(self._attempt.spacing, _MUTE if isinstance(error, Mute) else 0.0)
                error = self._backoff.failed(error, began, spacing)
                # An outage is told once, the guard has told of a wrong key, and a refused login is told each time.
                told = isinstance(error, HostKeyChanged) or (
                    self._failing and not isinstance(error, LoginRefused)
                )
                log.log(
                    logging.DEBUG if told else logging.WARNING, "%s: %s", self._login, error.message
                )
                self._refused_under = (
                    (revision, bool(self.alarm)) if isinstance(error, HostKeyRefused) else None
                )
                self._failing = True
                self._changed.notify_all()
            return None
        self._note_success(connection)
        log.info("connected to %s", self._login)
        return connection

    def _logged_in(self) -> Connection:
        """Raises ``TransportError``, also when a host that was silent lets one in and then is silent again."""
        connection = Connection(self._attempt.log_in(), self._login, self._prelude, self._tally)
        if self._silent > _NEVER and not connection.revived(_FIRST):
            connection.close()
            raise Mute(
                f"{self._login.host} lets {self._login.user!r} in and then does not answer; no command was sent."
            )
        return connection

    def _note_success(self, connection: Connection) -> None:
        with self._changed:
            self._backoff.succeeded()
            self._silent = _NEVER
            self._connection, closed = connection, self._closed
        if closed:
            connection.close()

    def _pause(self) -> bool:
        """Wait until the next attempt is due; says whether it is worth it."""
        with self._changed:
            pause = self._backoff.left
            if pause > _LONG_PAUSE or self._changed.wait_for(lambda: self._closed, pause):
                return False
            return time.monotonic() - self._asked < _INTEREST
