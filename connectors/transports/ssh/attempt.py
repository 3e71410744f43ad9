"""Connecting, having the host's key checked, logging in; and what can go wrong with each, in words for an operator."""

import contextlib
import io
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import paramiko

from connectors.transports.backoff import EndedAtLogin
from connectors.transports.budget import Budget
from connectors.transports.counters import Tally
from connectors.transports.host_keys import Host, HostKey
from connectors.transports.ssh import handshake
from connectors.transports.ssh.login import Login
from dssr.errors import ConnectFailed, LoginRefused, TransportError

log = logging.getLogger(__name__)
T = TypeVar("T")

_KEEPALIVE = 15  # seconds; firewalls forget idle connections after a few minutes
_PARAMIKO_KEYS: dict[str, Any] = {
    "ed25519": paramiko.Ed25519Key,
    "ecdsa": paramiko.ECDSAKey,
    "rsa": paramiko.RSAKey,
}


@dataclass(frozen=True)
class Session:
    """A logged-in connection; ``opened.close()`` ends it, and those that it goes through."""

    client: paramiko.Transport
    opened: contextlib.ExitStack


class _AskForAnother(Exception):
    """The host's key is of a type that tells nothing: it has to be asked for one of another type, in a new connection."""


class Attempt:
    """One attempt after the other to log in, until one succeeds. ``state``: what it waits for, as an error would say it."""

    def __init__(self, login: Login, patience: float, budget: Budget, tally: Tally) -> None:
        """``patience``: seconds for each host to answer as SSH, and as long again to let the user in."""
        self._login, self._patience, self._budget, self._tally = login, patience, budget, tally
        self._others: dict[Host, list[HostKey]] = defaultdict(
            list
        )  # keys that are not the expected ones
        self._spent: Counter[Host] = Counter()  # handshakes of the last attempt
        self.state = f"{login} could not be reached in time."

    @property
    def spacing(self) -> float:
        """Seconds by which attempts like the last one should be apart, for the budget's sake: none if it met no host."""
        return self._budget.spacing * self._most_spent

    @property
    def _most_spent(self) -> int:
        return max(self._spent.values(), default=0)

    def log_in(self) -> Session:
        """Connect, have the host's key checked, log in. Nothing is sent to a host whose key is not the expected one.

        Raises ``ConnectFailed`` (``EndedAtLogin`` when the connection ended before the user was let in or refused),
        ``LoginRefused``, ``HostKeyRefused``, ``HostKeyChanged``.
        """
        self._spent.clear()
        for hop in self._login.way:
            hop.guard.hold([hop.at])
            hop.guard.kinds(hop.at)  # where that cannot be read nobody is connected to for nothing
        return self._insist(self._log_in_all_the_way)

    @contextlib.contextmanager
    def way_to_last(self) -> Iterator[handshake.Stream]:
        """A connection to the login's host itself, through its jump hosts, to which one logs in; nothing was sent on it."""
        with contextlib.ExitStack() as opened:
            yield self._insist(lambda: self._way(opened))

    def _insist(self, connect: Callable[[], T]) -> T:
        self._others.clear()
        while True:  # as often as there are types of keys
            with contextlib.suppress(_AskForAnother), self._reminded():
                return connect()

    def _log_in_all_the_way(self) -> Session:
        with self._budget.turn(), contextlib.ExitStack() as opened:
            client = self._log_in(self._way(opened), self._login)
            opened.callback(client.close)
            return Session(client, opened.pop_all())

    def _way(self, opened: contextlib.ExitStack) -> handshake.Stream:
        for hop in (
            self._login.way
        ):  # all before the first: nobody logs in at a jump host for a host that is out of reach
            self._budget.check(str(hop.at), hop.user)
        stream: handshake.Stream = self._connect()
        opened.callback(stream.close)
        for hop, following in pairwise(self._login.way):
            client = self._log_in(stream, hop)
            opened.callback(client.close)
            with self._telling(following):
                stream = handshake.forwarded(client, hop, following, self._patience)
        return stream

    def _connect(self) -> handshake.Stream:
        first = self._login.way[0]
        self.state = (
            f"Cannot connect to {first.place} port {first.port}: it did not answer in time."
        )
        with self._telling(first):
            return handshake.connect(first)

    @contextlib.contextmanager
    def _telling(self, hop: Login) -> Iterator[None]:
        """Whether that host can be connected to is told to all who share the budget."""
        began = time.monotonic()
        try:
            yield
        except ConnectFailed as error:
            self._budget.unreachable(str(hop.at), error, time.monotonic() - began, self._most_spent)
            raise
        self._budget.reached(str(hop.at))

    def _log_in(self, stream: handshake.Stream, hop: Login) -> paramiko.Transport:
        self._budget.spend(str(hop.at))
        self._spent[hop.at] += 1
        self._tally.connection()
        self.state = (
            f"{hop.place} port {hop.port} takes connections, but did not answer as SSH in time."
        )
        try:
            client = self._greet(stream, hop)
            try:
                self._check(hop, handshake.presented(client))
                self._authenticate(client, hop)
            except BaseException:
                client.close()
                raise
            return client
        except (TransportError, _AskForAnother):
            raise
        except (
            Exception
        ) as error:  # what a broken server can do to paramiko is not written anywhere
            log.debug("logging in to %s failed", hop, exc_info=True)
            raise ConnectFailed(
                f"SSH with {hop.place} port {hop.port} fails: {error!r}."
            ) from error

    def _authenticate(self, client: paramiko.Transport, hop: Login) -> None:
        try:
            _authenticate(client, hop)
        except LoginRefused:
            self._budget.refused(str(hop.at), hop.user)
            raise
        except EndedAtLogin:
            self._budget.ended(str(hop.at), hop.user)
            raise
        self._budget.accepted(str(hop.at), hop.user)

    def _greet(self, stream: handshake.Stream, hop: Login) -> paramiko.Transport:
        others = self._others[hop.at]
        seen = {key.kind for key in others}
        try:
            kinds = [kind for kind in hop.guard.kinds(hop.at) if kind not in seen]
            return handshake.greet(stream, hop, kinds, self._patience)
        except handshake.NothingInCommon:
            if others:  # it has no keys but these
                hop.guard.admit(hop.at, hop.place, others[0])
            raise
        except handshake.NotItsOwn:
            hop.guard.unproved(hop.at, hop.place)
            raise

    def _check(self, hop: Login, key: HostKey) -> None:
        """A host has several keys: all that might be the trusted one are asked for before it is an alarm."""
        if hop.guard.may_have_another(hop.at, [*self._others[hop.at], key]):
            self._others[hop.at].append(key)
            raise _AskForAnother
        hop.guard.admit(hop.at, hop.place, key)

    @contextlib.contextmanager
    def _reminded(self) -> Iterator[None]:
        """A host that cannot be reached, and had a wrong key when it could: both are to be told."""
        try:
            yield
        except ConnectFailed as error:
            alarm = self._login.guard.alarm(self._login.hosts)
            raise type(error)(
                f"{error.message} Before that: {alarm}" if alarm else error.message,
                error.retry_after,
            ) from error


def _authenticate(client: paramiko.Transport, login: Login) -> None:
    try:
        client.auth_publickey(
            login.user,
            _PARAMIKO_KEYS[login.key.kind].from_private_key(io.StringIO(login.key.openssh)),
        )
        client.set_keepalive(_KEEPALIVE)
    except handshake.ERRORS as error:
        raise _login_error(login, error) from error


def _login_error(login: Login, error: Exception) -> TransportError:
    if "timeout" in str(error) or isinstance(error, TimeoutError):
        return handshake.broken(login, error)
    # Of an ended connection paramiko tells by the type of a refused key.
    if not isinstance(error, paramiko.AuthenticationException) or "EOF" in str(error):
        return EndedAtLogin(
            f"{login.place} port {login.port} ended the connection while {login.user!r} was logging in."
        )
    return LoginRefused(
        f"{login.place} does not let {login.user!r} in with the key in {login.settings[2]}: check "
        f"{login.settings[1]}, and that the public key stands in that user's ~/.ssh/authorized_keys. The next try "
        "is made only after a pause, since hosts ban clients that keep failing."
    )
