"""How a login node is reached by OpenSSH's own program."""

import contextlib
import logging
import os
import time
from collections.abc import Hashable, Iterator
from functools import partial

from connectors.transports.addresses import Addresses, cause
from connectors.transports.backoff import ClosedDuringLogin
from connectors.transports.budget import Budget
from connectors.transports.counters import UsageCounter
from connectors.transports.openssh.configuration import Resolved
from connectors.transports.openssh.connection import OpensshConnection
from connectors.transports.openssh.directory import PrivateDirectory
from connectors.transports.openssh.failures import has_reached_a_host
from connectors.transports.openssh.key_scan import scan_host_keys
from connectors.transports.openssh.master import Masters
from connectors.transports.openssh.refusals import Refusals
from connectors.transports.openssh.slots import Slots
from connectors.transports.openssh.target import digest
from dssr.errors import ConnectFailed, HostKeyChanged, LoginRefused, TransportError
from dssr.seams import PresentingHost

log = logging.getLogger(__name__)
_PROBE = 2.0  # seconds; the next probe follows, so SYNs go out each second (tcp(7))
_ADDRESSES = Addresses()  # shared by all connections


class OpensshWay:
    """See ``connectors.transports.login_node.Way``."""

    def __init__(
        self,
        masters: Masters,
        directory: PrivateDirectory,
        prelude: bytes,
        budget: Budget,
        usage: UsageCounter,
    ) -> None:
        self._masters, self._directory = masters, directory
        self._refusals = Refusals(directory)
        self._prelude, self._budget, self._usage = prelude, budget, usage
        self._known_hosts: tuple[str, ...] | None = None
        self._last: OpensshConnection | None = None
        self._has_tried = False
        self._handshakes = 0
        self._mismatch = ""
        self.begin()

    def __str__(self) -> str:
        return str(self._masters.target)

    def mismatch(self) -> str:
        """See ``Way``."""
        return self._mismatch

    @property
    def trusted(self) -> Hashable:
        """See ``Way``."""
        if self._known_hosts is None:
            try:
                self._known_hosts = self._masters.resolve().known_hosts
            except ConnectFailed:  # which the next attempt raises again
                return None
        return tuple(_revision(path) for path in self._known_hosts)

    @property
    def spacing(self) -> float:
        """See ``Way``."""
        return self._budget.spacing * self._handshakes

    def begin(self) -> None:
        """See ``Way``."""
        self.state = f"{self} could not be reached in time."

    def connect(self) -> OpensshConnection:
        """See ``Way``."""
        return self._connected(on_terminal=False)

    def log_in_on_terminal(self) -> None:
        """Have a master for the commands that follow; ssh may ask for passwords and codes on the
        terminal. Raises ``TransportError``."""
        self._connected(on_terminal=True).close()

    def host_keys(self, timeout: float) -> PresentingHost:
        """The keys that the login node presents. Raises ``ConnectFailed`` without ssh."""
        return scan_host_keys(self._masters.resolve(), timeout)

    def rest(self) -> None:
        """Let the master end that was used last."""
        last, self._last = self._last, None
        if last is not None:
            self._masters.stop(last.master)

    def _connected(self, on_terminal: bool) -> OpensshConnection:
        last = self._last
        unwanted = last.master if last is not None and last.is_worn_out else None
        starting = partial(self._starting, on_terminal)
        master = self._masters.get(starting, unwanted, on_terminal)
        slots = Slots(self._directory, master.name)
        connection = OpensshConnection(master, str(self), self._prelude, self._usage, slots)
        self._last, self._mismatch = connection, ""
        return connection

    @contextlib.contextmanager
    def _starting(self, on_terminal: bool, found: Resolved) -> Iterator[None]:
        """Keep to the budget, and note what becomes of the start. Where a person asks on the
        terminal, they may have given ssh another key since it was refused."""
        began, self._handshakes = time.monotonic(), 0
        self._known_hosts = found.known_hosts
        self._budget.check(found.address, found.user)
        name = digest(found.text)
        if not on_terminal:
            self._refusals.check(name)
        try:
            with self._budget.slot():
                self._probe(found)
                yield
                self._count_handshake(found)
        except TransportError as error:
            if not isinstance(error, ConnectFailed) or has_reached_a_host(self._masters.said):
                self._count_handshake(found)
            self._note(error, found, time.monotonic() - began)
            if isinstance(error, LoginRefused):
                self._refusals.note(name, error.message)
            raise
        self._refusals.forget(name)
        self._budget.reached(found.address)
        self._budget.accepted(found.address, found.user)

    def _probe(self, found: Resolved) -> None:
        """After the first attempt, look whether the host takes connections at all before ssh is
        started, which would wait for a host that is away."""
        self._masters.said = ""
        self.state = f"{found.address} does not let {found.user!r} in in time."
        is_first, self._has_tried = not self._has_tried, True
        if is_first or not found.is_direct:
            return
        try:
            _ADDRESSES.connection(found.host, found.port, _PROBE).close()
        except (OSError, UnicodeError) as error:
            self._masters.said = "ssh: connect to host"
            raise ConnectFailed(
                f"Cannot connect to {found.host} port {found.port}: {cause(error)}. Check the "
                f"address of {self} and the network."
            ) from error

    def _count_handshake(self, found: Resolved) -> None:
        self._handshakes = 1
        self._budget.count_handshake(found.address)
        with self._usage.lock:
            self._usage.connections += 1

    def _note(self, error: TransportError, found: Resolved, took: float) -> None:
        if isinstance(error, HostKeyChanged):
            if error.message != self._mismatch:
                log.error("HOST KEY CHANGED, ALL WORK STOPS: %s", error.message)
            self._mismatch = error.message
        elif isinstance(error, LoginRefused):
            self._budget.refused(found.address, found.user)
        elif isinstance(error, ClosedDuringLogin):
            self._budget.ended(found.address, found.user)
        elif isinstance(error, ConnectFailed):
            self._budget.unreachable(found.address, error, took, self._handshakes)


def _revision(path: str) -> Hashable:
    try:
        seen = os.stat(path)
    except OSError as error:
        return error.errno
    return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino
