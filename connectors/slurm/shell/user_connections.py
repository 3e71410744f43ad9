"""The users' own connections to the login nodes: one for each user, a limited number at once, and
none that is idle for long."""

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from connectors.transports import keys
from connectors.transports.budget import Budget
from connectors.transports.shared_budget import SharedBudget
from dssr.errors import ConnectFailed, Denied, DssrError, LoginRefused, SettingsError
from dssr.seams import Completed, Purpose, Sink, Transport, Users

log = logging.getLogger(__name__)

_IDLE = 60.0  # seconds after which an unused connection is given back to the login node
_HANDSHAKES = 2  # a minute with each host, for each connection that there may be


class UserTransport(Transport, Protocol):
    """A transport that one user's commands go through."""

    def rest(self) -> None:
        """Close its connection; the next command makes a new one."""
        ...


@runtime_checkable
class LogsInAsUsers(Protocol):
    """A transport from which transports for other users of the same hosts can be made."""

    def as_user(self, user: str, key: keys.PrivateKey, budget: Budget) -> UserTransport:
        """A transport that logs in as this user. It does not connect yet."""
        ...


class _Connection:
    """A user's connection, open or not, with the key of when it was made.

    ``busy``: commands under way; ``used``: when the last one ended; ``closing``: it is being
    closed; ``outdated``: the user has another key now, or is not mapped any more.
    """

    def __init__(self, user: str, transport: UserTransport, digest: bytes) -> None:
        self.user, self.transport, self.digest = user, transport, digest
        self.busy, self.used = 0, 0.0
        self.closing = self.outdated = False


class UserConnections:
    """At most ``most`` connections for all users. The one that has been idle longest makes room for
    another; when all are busy, callers wait. May be used from many threads."""

    def __init__(
        self, users: Users, service: LogsInAsUsers, most: int, idle: float = _IDLE
    ) -> None:
        """``idle``: seconds after which an unused connection is closed."""
        self._users, self._service, self._most, self._idle = users, service, most, idle
        self._budget = SharedBudget(max(_HANDSHAKES * most, 10), time.monotonic)
        self._changed = threading.Condition()
        # Closed ones too: their transports remember when a refused key may be tried again.
        self._known: dict[str, _Connection] = {}
        self._open: set[_Connection] = set()  # those that are open, or about to be
        self._closer: threading.Thread | None = None
        self._ending = threading.Event()

    @property
    def open(self) -> int:
        """How many connections there are, at most."""
        return len(self._open)

    def transport(self, user: str) -> Transport:
        """The user's transport. Running a command there raises, beside what every transport raises,
        ``Denied`` for one who is not a user at that moment, and ``ConnectFailed`` when all
        connections were busy with other users' work."""
        return _AsUser(self, user)

    @contextlib.contextmanager
    def borrowed(self, user: str, deadline: float) -> Iterator[Transport]:
        """The user's real transport, which is not closed meanwhile."""
        connection = self._take(user, deadline)
        try:
            yield connection.transport
        finally:
            with self._changed:
                connection.busy, connection.used = connection.busy - 1, time.monotonic()
                finished = self._withdraw(lambda other: other is connection and other.outdated)
                self._changed.notify_all()
            self._close(finished)

    def close(self) -> None:
        """Close all; commands under way end with ``CommandTimeout``."""
        self._ending.set()
        with self._changed:
            connections = {*self._known.values(), *self._open}
            self._changed.notify_all()
        for connection in connections:
            connection.transport.close()

    def _take(self, user: str, deadline: float) -> _Connection:
        while True:
            connection = self._connection(user)
            with self._changed:
                usable = not connection.closing and not connection.outdated
                has_room = connection in self._open or len(self._open) < self._most
                if usable and has_room:
                    return self._lend(connection)
                in_the_way = self._withdraw_one() if usable else []
                if not in_the_way and not connection.outdated:
                    self._wait(deadline)
            self._close(in_the_way)

    def _connection(self, user: str) -> _Connection:
        """The user's connection with the current key. One with an earlier key is closed when its
        work is done."""
        if self._ending.is_set():
            raise ConnectFailed("The users' connections were closed: the bridge is ending.")
        try:
            text = self._users.private_key(user)
        except Denied:
            self._replace(user, None)
            raise
        digest = hashlib.sha256(text.encode()).digest()
        connection = self._known.get(user)
        if connection is not None and connection.digest == digest:
            return connection
        transport = self._service.as_user(user, _read(user, text), self._budget)
        fresh = _Connection(user, transport, digest)
        return self._replace(user, fresh) or fresh

    def _replace(self, user: str, fresh: _Connection | None) -> _Connection | None:
        """Put the fresh connection, if any, in the place of the present one. A present one with
        the same key stays, and is returned: another thread was faster."""
        with self._changed:
            old = self._known.get(user)
            if fresh is not None and old is not None and old.digest == fresh.digest:
                return old
            if fresh is not None:
                self._known[user] = fresh
            elif old is not None:
                del self._known[user]
            if old is not None:
                old.outdated = True
            finished = self._withdraw(lambda other: other is old)
            self._changed.notify_all()
        self._close(finished)
        return None

    def _lend(self, connection: _Connection) -> _Connection:
        if self._closer is None:
            self._closer = self._started_closer()
        self._open.add(connection)
        connection.busy += 1
        return connection

    def _started_closer(self) -> threading.Thread:
        """Called under the lock, which the closer needs to end."""
        closer = threading.Thread(target=self._close_idle, name="dssr-users", daemon=True)
        try:
            closer.start()
        except RuntimeError as error:
            log.warning("no connection is lent to a user: %s", error)
            raise ConnectFailed(
                "The bridge cannot look after users' connections: its system gives it no further "
                f"thread ({error}). This command was not sent. Check the limits on processes and "
                "memory where the bridge runs."
            ) from error
        return closer

    def _wait(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise ConnectFailed(
                f"All {self._most} connections that users may have at once were busy with other "
                "work until the deadline; this command was not sent. "
                "JARVICE_SLURM_USER_CONNECTIONS allows more."
            )
        self._changed.wait(left)

    def _withdraw(self, which: Callable[[_Connection], bool]) -> list[_Connection]:
        """Those of the idle ones, to be closed once the lock is free. Called under it."""
        idle = [each for each in self._open if not each.busy and not each.closing]
        found = [each for each in idle if which(each)]
        for connection in found:
            connection.closing = True
        return found

    def _withdraw_one(self) -> list[_Connection]:
        """The one that has been idle for the longest time, if there is one."""
        idle = [each for each in self._open if not each.busy and not each.closing]
        oldest = min(idle, key=lambda each: each.used, default=None)
        return self._withdraw(lambda connection: connection is oldest)

    def _close(self, connections: Sequence[_Connection]) -> None:
        for connection in connections:
            log.debug("the connection of user %s is closed", connection.user)
            end = connection.transport.close if connection.outdated else connection.transport.rest
            try:
                end()
            except Exception:  # callers must not wait for this connection or those after it
                log.exception("the connection of user %s could not be closed", connection.user)
            finally:
                with self._changed:
                    connection.closing = False
                    self._open.discard(connection)
                    self._changed.notify_all()

    def _close_idle(self) -> None:
        """Close idle connections, and those of former users, until none is left."""
        while not self._ending.wait(self._idle / 4):
            try:
                for user in self._former_users():
                    self._replace(user, None)
            except Exception:  # what is idle is to be closed all the same
                log.exception("connections of former users could not be closed")
            with self._changed:
                since = time.monotonic() - self._idle
                idle = self._withdraw(lambda connection: connection.used < since)  # noqa: B023
                if not self._open:
                    self._closer = None
                    return
            self._close(idle)

    def _former_users(self) -> frozenset[str]:
        """The users of connections who are not mapped any more."""
        try:
            return frozenset(self._known).difference(self._users.names())
        except DssrError:  # it is not known at the moment
            return frozenset()


class _AsUser:
    """A user's transport, as the connector holds it: its connection comes and goes."""

    def __init__(self, connections: UserConnections, user: str) -> None:
        self._connections, self._user = connections, user

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        """See ``dssr.seams.Transport``."""
        deadline = time.monotonic() + timeout
        with self._connections.borrowed(self._user, deadline) as transport:
            left = max(0.0, deadline - time.monotonic())
            return transport.run(argv, input=input, timeout=left, purpose=purpose, sink=sink)

    def close(self) -> None:
        """Do nothing: ``UserConnections`` closes the connections."""


def _read(user: str, text: str) -> keys.PrivateKey:
    try:
        return keys.private_key(text)
    except SettingsError:
        raise LoginRefused(
            f"The private key of user {user!r} cannot be used: it is damaged, of another type than "
            f"Ed25519, ECDSA or RSA, or "
            "has a passphrase. Put another one into the mapping of users.",
            retry_after=60,
        ) from None
