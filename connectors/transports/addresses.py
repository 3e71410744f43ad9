"""Where hosts are, also while nobody says so: an outage often takes the resolver along, which then is silent for long."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

# Seconds for the resolver to answer where it is known where the host was. One that lost a question asks again only after five
# (resolv.conf(5)), when the host may long be back.
_PATIENCE = 1.0

Address = tuple[Any, ...]  # as ``socket.getaddrinfo`` has it
Place = tuple[str, int]


class _Question(NamedTuple):
    """A name that is being resolved. ``until``: when nobody waits for the answer any more who can do without."""

    answer: Future[Sequence[Address]]
    until: float


def _resolved(host: str, port: int) -> Sequence[Address]:
    return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)


class Addresses:
    """Remembers where hosts were when that was last told; who is at an address must be told by his host key. May be used from
    many threads."""

    def __init__(self, resolve: Callable[[str, int], Sequence[Address]] = _resolved) -> None:
        self._resolve = resolve
        self._lock = threading.Lock()
        self._last: dict[Place, Sequence[Address]] = {}
        self._under_way: dict[Place, _Question] = {}

    def connection(self, host: str, port: int, timeout: float) -> socket.socket:
        """As ``socket.create_connection``, whose ``timeout`` is for each address, also where the name is not resolved now but
        was before."""
        failure: OSError | None = None
        for family, kind, protocol, _, address in self.of(host, port):
            try:
                return _connected(socket.socket(family, kind, protocol), address, timeout)
            except OSError as error:
                failure = error
        raise failure or OSError("its name has no address")

    def of(self, host: str, port: int) -> Sequence[Address]:
        """Where the host is, or was, when the resolver fails or takes long. Raises what the resolver does when that is not
        known either."""
        known = self._last.get((host, port))
        question = self._asked((host, port))
        try:
            return question.answer.result(
                None if known is None else max(0.0, question.until - time.monotonic())
            )
        except (OSError, UnicodeError):
            if known is None:
                raise
            return known

    def _asked(self, place: Place) -> _Question:
        with self._lock:
            if place in self._under_way:
                return self._under_way[place]
            question = self._under_way[place] = _Question(Future(), time.monotonic() + _PATIENCE)
        try:
            threading.Thread(
                target=self._ask, args=(place, question), name=f"dssr-name-{place[0]}", daemon=True
            ).start()
        except RuntimeError:  # the system gives no further thread
            self._ask(place, question)
        return question

    def _ask(self, place: Place, question: _Question) -> None:
        try:
            found = self._resolve(*place)
        except Exception as error:  # it is for those who wait to say what they make of it
            with self._lock:
                del self._under_way[place]
            question.answer.set_exception(error)
            return
        with self._lock:
            del self._under_way[place]
            self._last[place] = found
        question.answer.set_result(found)


def _connected(sock: socket.socket, address: Any, timeout: float) -> socket.socket:
    try:
        sock.settimeout(timeout)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock
