"""Takes connections, and lets in those of the right user."""

import asyncio
import contextlib
import errno
import logging
import os
import resource
import socket
from collections.abc import Awaitable, Callable, Sequence

from dssr.errors import Unavailable
from dssr.services.front.admission import Users
from dssr.services.front.counters import Counters
from dssr.services.front.stream import Stream

log = logging.getLogger(__name__)
_TURNS = 32  # connections taken before the open ones have their turn
_PAUSE = 0.1  # seconds without new connections when this process can open no more files
_RESERVED = 32  # files for all else
_FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
Serve = Callable[[Stream], Awaitable[None]]


class Acceptor:
    """The front's listening sockets, and a task for each connection.

    ``users``: only connections of this process's user are let in, by what they say.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        serve: Serve,
        counters: Counters,
        users: Users | None,
    ) -> None:
        self._listeners, self._serve = listeners, serve
        self._counters, self._users = counters, users
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        # Each connection takes two files. One that was let in without room for its link would wait
        # for the others, and they for it.
        self._limit = max(1, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _RESERVED) // 2)

    def start(self) -> None:
        """Take connections."""
        for listener in self._listeners:
            self._resume(listener)

    def stop(self) -> None:
        """Listen no more; open connections go on."""
        for listener in self._listeners:
            self._loop.remove_reader(listener)
            listener.close()

    async def end(self) -> None:
        """End all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def take(self, accepted: socket.socket) -> None:
        """Serve a connection that another process has accepted. Raises ``Unavailable`` if no more
        files can be opened."""
        if len(self._tasks) >= self._limit:
            raise Unavailable("The front has no room for more connections: try again.")
        self._begin(accepted)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_TURNS):
            if len(self._tasks) >= self._limit:
                return self._pause(listener)
            try:
                accepted, _ = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return None
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                return self._pause(listener)
            self._admit(accepted)
        return None

    def _admit(self, accepted: socket.socket) -> None:
        if self._users and self._users.user_of(accepted) != os.geteuid():
            self._counters.refused += 1
            accepted.close()
            return
        self._begin(accepted)

    def _begin(self, accepted: socket.socket) -> None:
        with contextlib.suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._run(Stream(accepted)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, client: Stream) -> None:
        self._counters.connections += 1
        self._counters.open += 1
        try:
            await self._serve(client)
        except OSError as error:
            log.debug("a connection ended: %s", error)
        except Exception:
            log.exception("a connection ended by an error of the front")
        finally:
            self._counters.open -= 1
            client.close()

    def _pause(self, listener: socket.socket) -> None:
        log.warning("No more files can be opened: new connections wait.")
        self._loop.remove_reader(listener)
        self._loop.call_later(_PAUSE, self._resume, listener)

    def _resume(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            self._loop.add_reader(listener, self._accept, listener)
