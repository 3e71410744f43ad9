"""Where new connections go, and what becomes of those to the target before."""

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dssr.services.front.counters import Counters
from dssr.services.front.stream import Stream

# What the relay in the job waits for. It does not count a check among the program's callers.
_PREFACE, _CHECK = "DSSR1 {secret}\n", "DSSR1 {secret} check\n"
# Seconds between attempts to connect, twice as long each time: a forward is back within half a
# second, and hundreds of callers that wait for longer must not take the processor.
_AGAIN, _SELDOM = 0.02, 0.16
# Bytes of an upload that wait for ssh: an upload that waits for room in the kernel's default, which
# is less than one read of the front, takes a third more of the processor.
_ROOM = 1 << 20


class NoTarget(Exception):
    """No target took the connection in the time that callers are held. Its text is a sentence."""


class Link:
    """A connection to a target, for one connection of a client.

    :ivar busy: a request or a raw connection is on it; an idle one may be closed at any time.
    :ivar idle_since: when the last request on it ended, by ``time.monotonic``.
    """

    def __init__(self, stream: Stream, target: "Target") -> None:
        self.stream, self.target = stream, target
        self.began = time.monotonic()
        self.busy, self.idle_since = True, self.began
        self.closed = False
        self._task = asyncio.current_task()
        target.links.add(self)

    def count_in(self, count: int) -> None:
        """Bytes of the client have reached the target's side."""
        self.target.counters.bytes_in += count

    def count_out(self, count: int) -> None:
        """Bytes of the target have reached the client's side."""
        self.target.counters.bytes_out += count
        self.target.sent += count

    def close(self) -> None:
        """Close it; may be called twice."""
        self.closed = True
        self.stream.close()
        self.target.unlink(self)

    def cut(self) -> None:
        """End the client's connection, too."""
        if self._task is not None:
            self._task.cancel()


@dataclass(eq=False)
class Target:
    """One instance of the program: a Unix socket that leads there, or else its port.

    ``secret``: opens the relay before the program; '' where there is none. ``place``: the host and
    port behind the socket, if the front's own forward leads there; without a socket, a port of this
    machine.
    """

    name: str
    path: Path | None
    counters: Counters = field(repr=False)
    secret: str = field(default="", repr=False)
    place: tuple[str, int] | None = None
    draining: bool = False
    sent: int = 0  # bytes, to clients
    links: set[Link] = field(default_factory=set, repr=False)
    since: float = field(default_factory=time.time)
    empty: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def connect(self) -> Link:
        """A new connection for a client. Raises ``OSError``."""
        link = Link(await self.open(_PREFACE), self)
        self.empty.clear()
        return link

    async def open(self, preface: str = _CHECK) -> Stream:
        """A new connection that is no client's. Raises ``OSError``."""
        loop = asyncio.get_running_loop()
        stream = Stream(self._socket())
        try:
            await loop.sock_connect(
                stream.socket, str(self.path) if self.path else self.place or ""
            )
            if self.secret:
                await stream.send(preface.format(secret=self.secret).encode())
        except BaseException:
            stream.close()
            raise
        return stream

    def _socket(self) -> socket.socket:
        if self.path is None:
            return socket.socket()
        made = socket.socket(socket.AF_UNIX)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
        return made

    def unlink(self, link: Link) -> None:
        """Forget a link."""
        self.links.discard(link)
        if not self.links:
            self.empty.set()

    async def drain(self, limit: float) -> int:
        """Wait until no connection is left, at most that many seconds, and cut the others; their
        number. Idle ones are closed at once: their clients' next requests go elsewhere."""
        self.draining = True
        for link in [link for link in self.links if not link.busy]:
            link.close()
        if self.links:
            self.empty.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.empty.wait(), limit)
        left = list(self.links)
        for link in left:
            link.cut()
        self.counters.cut += len(left)
        return len(left)

    def describe(self) -> dict[str, Any]:
        """The target as ``status`` shows it."""
        return {
            "name": self.name,
            "place": f"{self.place[0]}:{self.place[1]}" if self.place else str(self.path),
            "state": "draining" if self.draining else "current",
            "since": self.since,
            "connections": len(self.links),
        }


class Targets:
    """The target of new connections. ``hold``: seconds that callers wait for one."""

    def __init__(self, hold: float, counters: Counters) -> None:
        self.current: Target | None = None
        self.vacant_since: float | None = None  # by time.monotonic, once there has been a target
        self._hold, self._counters = hold, counters
        self._changed = asyncio.Event()

    def switch(self, target: Target | None) -> Target | None:
        """Send new connections there, or hold them; the target before."""
        before, self.current = self.current, target
        if target is not None:
            self.vacant_since = None
        elif before is not None:
            self.vacant_since = time.monotonic()
        self._changed.set()
        self._changed = asyncio.Event()
        return before

    def end(self) -> Target | None:
        """Send connections nowhere any more, and hold none; the target before."""
        self._hold = 0.0
        return self.switch(None)

    async def link(self) -> Link:
        """A connection to the current target, as soon as there is one. Raises ``NoTarget``."""
        deadline = time.monotonic() + self._hold
        failure, held, pause = "no instance of the program is running", False, _AGAIN
        while True:
            if target := self.current:
                try:
                    return await target.connect()
                except OSError as error:
                    failure = f"{target.name} is not reached: {error.strerror or error}"
            if not held:
                held, self._counters.held = True, self._counters.held + 1
            left = deadline - time.monotonic()
            if left <= 0:
                self._counters.unserved += 1
                raise NoTarget(f"Waited {self._hold:g} seconds, but {failure}.")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(left, pause) if target else left)
            pause = min(2 * pause, _SELDOM)
