"""An attempt to log in: connect, verify the host's key, authenticate. Errors say what to do."""

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

from connectors.transports.backoff import ClosedDuringLogin
from connectors.transports.budget import Budget
from connectors.transports.counters import UsageCounter
from connectors.transports.host_keys import Host, HostKey
from connectors.transports.ssh import handshake
from connectors.transports.ssh.handshake import HostKeyUnproven, NoCommonAlgorithm, SocketLike
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.paramiko_internals import ERRORS, is_refused_login, is_timeout
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
    """A logged-in connection. ``opened.close()`` ends it and the connections it goes through."""

    client: paramiko.Transport
    opened: contextlib.ExitStack


class _TryAnotherKeyType(Exception):
    """The host presented a key of a type that decides nothing: a new connection has to ask for a
    key of another type."""


class Attempt:
    """Tries to log in until it succeeds.

    ``state``: what the attempt waits for, in the words of an error.
    """

    def __init__(self, login: Login, timeout: float, budget: Budget, usage: UsageCounter) -> None:
        """``timeout``: seconds for each host's key exchange, and as long again for its login."""
        self._login, self._timeout, self._budget, self._usage = login, timeout, budget, usage
        self._other_keys: dict[Host, list[HostKey]] = defaultdict(list)  # not the trusted ones
        self._handshakes: Counter[Host] = Counter()  # of the last attempt
        self.state = f"{login} could not be reached in time."

    @property
    def spacing(self) -> float:
        """Seconds between the starts of attempts that the budget allows; 0 if the last attempt
        reached no host."""
        return self._budget.spacing * self._most_handshakes

    @property
    def _most_handshakes(self) -> int:
        return max(self._handshakes.values(), default=0)

    def log_in(self) -> Session:
        """Connect, verify the host's key, log in. Nothing is sent to a host with a wrong key.

        Raises ``ConnectFailed`` (``ClosedDuringLogin`` when the connection ended before the host
        answered), ``LoginRefused``, ``HostKeyRefused``, ``HostKeyChanged``.
        """
        self._handshakes.clear()
        for hop in self._login.route:
            hop.verifier.raise_recent_mismatch([hop.address])
            hop.verifier.kinds(hop.address)  # raises before any connection if this is unreadable
        return self._with_each_key_type(self._log_in_along_route)

    @contextlib.contextmanager
    def connected(self) -> Iterator[SocketLike]:
        """A connection to the host through its jump hosts; nothing was sent on it yet."""
        with contextlib.ExitStack() as opened:
            yield self._with_each_key_type(lambda: self._connect_along_route(opened))

    def _with_each_key_type(self, connect: Callable[[], T]) -> T:
        self._other_keys.clear()
        while True:  # once for each type of keys, at most
            with contextlib.suppress(_TryAnotherKeyType), self._mention_mismatch():
                return connect()

    def _log_in_along_route(self) -> Session:
        with self._budget.slot(), contextlib.ExitStack() as opened:
            client = self._log_in(self._connect_along_route(opened), self._login)
            opened.callback(client.close)
            return Session(client, opened.pop_all())

    def _connect_along_route(self, opened: contextlib.ExitStack) -> SocketLike:
        # All checks come first: no login at a jump host for a host that is out of reach.
        for hop in self._login.route:
            self._budget.check(str(hop.address), hop.user)
        sock: SocketLike = self._connect_to_first()
        opened.callback(sock.close)
        for hop, following in pairwise(self._login.route):
            client = self._log_in(sock, hop)
            opened.callback(client.close)
            with self._report_reachability(following):
                sock = handshake.connect_through(client, hop, following, self._timeout)
        return sock

    def _connect_to_first(self) -> SocketLike:
        first = self._login.route[0]
        self.state = (
            f"Cannot connect to {first.label} port {first.port}: it did not answer in time."
        )
        with self._report_reachability(first):
            return handshake.connect(first)

    @contextlib.contextmanager
    def _report_reachability(self, hop: Login) -> Iterator[None]:
        """Report to the budget, for all who share it, whether the host could be connected to."""
        began = time.monotonic()
        try:
            yield
        except ConnectFailed as error:
            took = time.monotonic() - began
            self._budget.unreachable(str(hop.address), error, took, self._most_handshakes)
            raise
        self._budget.reached(str(hop.address))

    def _log_in(self, sock: SocketLike, hop: Login) -> paramiko.Transport:
        self._budget.count_handshake(str(hop.address))
        self._handshakes[hop.address] += 1
        with self._usage.lock:
            self._usage.connections += 1
        self.state = (
            f"{hop.label} port {hop.port} takes connections, but did not answer as SSH in time."
        )
        try:
            client = self._exchange_keys(sock, hop)
            try:
                self._verify(hop, handshake.presented_key(client))
                self._authenticate(client, hop)
            except BaseException:
                client.close()
                raise
            return client
        except (TransportError, _TryAnotherKeyType):
            raise
        except Exception as error:  # a broken server can make paramiko raise anything
            log.debug("logging in to %s failed", hop, exc_info=True)
            raise ConnectFailed(
                f"SSH with {hop.label} port {hop.port} fails: {error!r}."
            ) from error

    def _exchange_keys(self, sock: SocketLike, hop: Login) -> paramiko.Transport:
        others = self._other_keys[hop.address]
        seen = {key.kind for key in others}
        try:
            kinds = [kind for kind in hop.verifier.kinds(hop.address) if kind not in seen]
            return handshake.exchange_keys(sock, hop, kinds, self._timeout)
        except NoCommonAlgorithm:
            if others:  # the host has no keys but these
                hop.verifier.verify(hop.address, hop.label, others[0])
            raise
        except HostKeyUnproven:
            hop.verifier.report_unproven(hop.address, hop.label)
            raise

    def _verify(self, hop: Login, key: HostKey) -> None:
        """A wrong key is reported only after the host has been asked for all of its keys that
        might be the trusted one."""
        others = self._other_keys[hop.address]
        if hop.verifier.may_have_a_trusted_key(hop.address, [*others, key]):
            others.append(key)
            raise _TryAnotherKeyType
        hop.verifier.verify(hop.address, hop.label, key)

    def _authenticate(self, client: paramiko.Transport, hop: Login) -> None:
        key = _PARAMIKO_KEYS[hop.key.kind].from_private_key(io.StringIO(hop.key.openssh))
        host = str(hop.address)
        try:
            client.auth_publickey(hop.user, key)
            client.set_keepalive(_KEEPALIVE)
        except ERRORS as cause:
            error = _login_error(hop, cause)
            if isinstance(error, LoginRefused):
                self._budget.refused(host, hop.user)
            elif isinstance(error, ClosedDuringLogin):
                self._budget.ended(host, hop.user)
            raise error from cause
        self._budget.accepted(host, hop.user)

    @contextlib.contextmanager
    def _mention_mismatch(self) -> Iterator[None]:
        """If a host cannot be reached now and had a wrong key before, the error says both."""
        try:
            yield
        except ConnectFailed as error:
            mismatch = self._login.verifier.mismatch(self._login.hosts)
            raise type(error)(
                f"{error.message} Before that: {mismatch}" if mismatch else error.message,
                error.retry_after,
            ) from error


def _login_error(login: Login, error: Exception) -> TransportError:
    if is_timeout(error):
        return handshake.connection_ended(login, error)
    if not is_refused_login(error):
        return ClosedDuringLogin(
            f"{login.label} port {login.port} ended the connection while {login.user!r} was "
            "logging in."
        )
    return LoginRefused(
        f"{login.label} does not let {login.user!r} in with the key in {login.settings[2]}: check "
        f"{login.settings[1]}, and that the public key is in that user's ~/.ssh/authorized_keys. "
        "The next try is made only after a pause, since hosts ban clients that keep failing."
    )
