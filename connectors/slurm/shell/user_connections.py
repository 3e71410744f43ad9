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
from dssr.seams import Completed, Purpose, Transport, Users

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
        """Does not connect yet."""
        ...


class _Account:
    """A user with their current key. ``busy``: commands under way; ``used``: when the last one
    ended; ``resting``: its connection is being closed; ``gone``: the user has another key now, or
    is not mapped any more."""

    def __init__(self, user: str, transport: UserTransport, digest: bytes) -> None:
        self.user, self.transport, self.digest = user, transport, digest
        self.busy, self.used = 0, 0.0
        self.resting = self.gone = False


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
        self._known: dict[
            str, _Account
        ] = {}  # their transports remember when a refused key may be tried again
        self._open: set[_Account] = set()  # those that have a connection, or are about to
        self._keeper: threading.Thread | None = None
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
        account = self._take(user, deadline)
        try:
            yield account.transport
        finally:
            with self._changed:
                account.busy, account.used = account.busy - 1, time.monotonic()
                finished = self._withdraw(lambda other: other is account and other.gone)
                self._changed.notify_all()
            self._rest(finished)

    def close(self) -> None:
        """Close all; commands under way end with ``CommandTimeout``."""
        self._ending.set()
        with self._changed:
            accounts = {*self._known.values(), *self._open}
            self._changed.notify_all()
        for account in accounts:
            account.transport.close()

    def _take(self, user: str, deadline: float) -> _Account:
        while True:
            account = self._account(user)
            with self._changed:
                if (
                    not account.resting
                    and not account.gone
                    and (account in self._open or len(self._open) < self._most)
                ):
                    return self._lend(account)
                in_the_way = [] if account.resting or account.gone else self._withdraw_one()
                if not in_the_way and not account.gone:
                    self._wait(deadline)
            self._rest(in_the_way)

    def _account(self, user: str) -> _Account:
        """The user's account with the current key. An account with an earlier key is closed when
        its work is done."""
        if self._ending.is_set():
            raise ConnectFailed("The users' connections were closed: the bridge is ending.")
        try:
            text = self._users.private_key(user)
        except Denied:
            self._replace(user, None)
            raise
        digest = hashlib.sha256(text.encode()).digest()
        account = self._known.get(user)
        if account is not None and account.digest == digest:
            return account
        fresh = _Account(user, self._service.as_user(user, _read(user, text), self._budget), digest)
        return self._replace(user, fresh) or fresh

    def _replace(self, user: str, fresh: _Account | None) -> _Account | None:
        """Put the fresh account, if any, in the place of the present one. An account with the same
        key stays, and is returned: another thread was faster."""
        with self._changed:
            old = self._known.get(user)
            if fresh is not None and old is not None and old.digest == fresh.digest:
                return old
            if fresh is not None:
                self._known[user] = fresh
            elif old is not None:
                del self._known[user]
            if old is not None:
                old.gone = True
            finished = self._withdraw(lambda other: other is old)
            self._changed.notify_all()
        self._rest(finished)
        return None

    def _lend(self, account: _Account) -> _Account:
        if self._keeper is None:
            self._keeper = self._started_keeper()
        self._open.add(account)
        account.busy += 1
        return account

    def _started_keeper(self) -> threading.Thread:
        """Called under the lock, which the keeper needs to end."""
        keeper = threading.Thread(target=self._keep, name="dssr-users", daemon=True)
        try:
            keeper.start()
        except RuntimeError as error:
            log.warning("no connection is lent to a user: %s", error)
            raise ConnectFailed(
                f"The bridge cannot look after users' connections: its system gives it no further "
                f"thread ({error}). This "
                "command was not sent. Check the limits on processes and memory where the bridge "
                "runs."
            ) from error
        return keeper

    def _wait(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise ConnectFailed(
                f"All {self._most} connections that users may have at once were busy with other "
                f"work until the deadline; this "
                "command was not sent. JARVICE_SLURM_USER_CONNECTIONS allows more."
            )
        self._changed.wait(left)

    def _withdraw(self, which: Callable[[_Account], bool]) -> list[_Account]:
        """Those of the idle ones, to be put to rest once the lock is free. Called under it."""
        found = [
            account
            for account in self._open
            if not account.busy and not account.resting and which(account)
        ]
        for account in found:
            account.resting = True
        return found

    def _withdraw_one(self) -> list[_Account]:
        """The one that has been idle for the longest time, if there is one."""
        idle = [account for account in self._open if not account.busy and not account.resting]
        oldest = min(idle, key=lambda account: account.used, default=None)
        return self._withdraw(lambda account: account is oldest)

    def _rest(self, accounts: Sequence[_Account]) -> None:
        for account in accounts:
            log.debug("the connection of user %s is closed", account.user)
            end = account.transport.close if account.gone else account.transport.rest
            try:
                end()
            except Exception:  # no other caller must wait for this account, nor for those after it
                log.exception("the connection of user %s could not be closed", account.user)
            finally:
                with self._changed:
                    account.resting = False
                    self._open.discard(account)
                    self._changed.notify_all()

    def _keep(self) -> None:
        """Close idle connections, and those of former users, until none is left."""
        while not self._ending.wait(self._idle / 4):
            try:
                for user in self._strangers():
                    self._replace(user, None)
            except Exception:  # what is idle is to be closed all the same
                log.exception("connections of former users could not be closed")
            with self._changed:
                since = time.monotonic() - self._idle
                idle = self._withdraw(lambda account: account.used < since)  # noqa: B023
                if not self._open:
                    self._keeper = None
                    return
            self._rest(idle)

    def _strangers(self) -> frozenset[str]:
        """The accounts here whose users are not mapped any more."""
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
    ) -> Completed:
        """See ``dssr.seams.Transport``."""
        deadline = time.monotonic() + timeout
        with self._connections.borrowed(self._user, deadline) as transport:
            return transport.run(
                argv, input=input, timeout=max(0.0, deadline - time.monotonic()), purpose=purpose
            )

    def close(self) -> None:
        """Nothing: ``UserConnections`` closes."""


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
