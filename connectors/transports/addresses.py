"""Host names to addresses, also while the resolver is down: outages often take it along."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

# Seconds to wait for the resolver where an earlier answer is known. A resolver that lost a query
# repeats it only after five (resolv.conf(5)); the host may be back long before.
_PATIENCE = 1.0

Address = tuple[Any, ...]  # an entry of what ``socket.getaddrinfo`` returns
NameAndPort = tuple[str, int]


class _Query(NamedTuple):
    """A name that is being resolved. ``until``: how long callers with an older answer wait."""

    answer: Future[Sequence[Address]]
    until: float


def _resolve(host: str, port: int) -> Sequence[Address]:
    return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)


class Addresses:
    """Resolves names and remembers the last answers. Safe to use from many threads.

    An old address is safe to use: the host's key says who answers there.
    """

    def __init__(self, resolve: Callable[[str, int], Sequence[Address]] = _resolve) -> None:
        self._resolve = resolve
        self._lock = threading.Lock()
        self._last: dict[NameAndPort, Sequence[Address]] = {}
        self._queries: dict[NameAndPort, _Query] = {}

    def connection(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect as ``socket.create_connection`` does, also to a name that was resolved before
        and is not resolved now. ``timeout``: seconds for each address. Raises ``OSError``."""
        failure: OSError | None = None
        for family, kind, protocol, _, address in self.of(host, port):
            try:
                return _connected(socket.socket(family, kind, protocol), address, timeout)
            except OSError as error:
                failure = error
        raise failure or OSError("its name has no address")

    def of(self, host: str, port: int) -> Sequence[Address]:
        """The host's addresses; the last known ones while the resolver fails or is slow. Raises
        the resolver's own error when none are known."""
        known = self._last.get((host, port))
        query = self._query((host, port))
        left = None if known is None else max(0.0, query.until - time.monotonic())
        try:
            return query.answer.result(left)
        except (OSError, UnicodeError):
            if known is None:
                raise
            return known

    def _query(self, name: NameAndPort) -> _Query:
        """The running query for the name, or a new one: all callers share it."""
        with self._lock:
            if name in self._queries:
                return self._queries[name]
            query = self._queries[name] = _Query(Future(), time.monotonic() + _PATIENCE)
        thread = threading.Thread(
            target=self._answer, args=(name, query), name=f"dssr-name-{name[0]}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # the system gives no further thread
            self._answer(name, query)
        return query

    def _answer(self, name: NameAndPort, query: _Query) -> None:
        try:
            found = self._resolve(*name)
        except Exception as error:  # raised in the threads that wait
            with self._lock:
                del self._queries[name]
            query.answer.set_exception(error)
            return
        with self._lock:
            del self._queries[name]
            self._last[name] = found
        query.answer.set_result(found)


def _connected(sock: socket.socket, address: Any, timeout: float) -> socket.socket:
    try:
        sock.settimeout(timeout)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock
