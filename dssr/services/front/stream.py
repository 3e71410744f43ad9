"""A connected socket of the front's loop, and the bytes that were read from it too early."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from functools import partial

from dssr.services.front import heads
from dssr.services.front.bodies import Body
from dssr.services.front.heads import BadHead
from dssr.services.front.prompt import Prompt

_PART = 64 << 10  # bytes read at once while a head is expected
_LINGERS, _SILENCE = 30.0, 2.0  # seconds in which the other side closes; in which nothing comes


class Stream:
    """A socket that does not block.

    :ivar pending: bytes that have been read and belong to what comes next.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self.socket = connected
        self.number = connected.fileno()  # of its file, by which the loop knows it
        self.pending = b""
        self._call: Callable[[], object] | None = None  # what is called once there is something
        self._is_watched = False  # by the loop
        self._loop = asyncio.get_running_loop()

    async def head(self) -> bytes | None:
        """The bytes of the next head without their last line, or ``None`` at the end of the stream.
        Raises ``BadHead`` for one that is too long, ``OSError`` for a broken connection."""
        data = self.pending
        while True:
            data = data.lstrip(b"\r\n")
            head, end, rest = data.partition(heads.END)
            if end:
                self.pending = rest
                return head
            if len(data) > heads.LONGEST:
                raise BadHead(f"The head is longer than {heads.LONGEST >> 10} kB.")
            part = await self._received()
            if not part:
                return None
            data += part

    async def more(self) -> bool:
        """Have what comes next among the bytes that are ``pending``; whether it is not the end.
        Raises ``OSError``."""
        part = await self._received()
        self.pending += part
        return bool(part)

    async def _received(self) -> bytes:
        """The next bytes, or none at the end."""
        coming: Prompt[bytes] = Prompt(loop=self._loop)
        self.watch(partial(self._receive, coming))
        try:
            return await coming
        finally:
            self.watch_no_more()

    def _receive(self, coming: Prompt[bytes]) -> None:
        if coming.done():  # by a task that ends this one
            return self.watch_no_more()
        try:
            part = self.socket.recv(_PART)
        except BlockingIOError:
            return None
        except OSError as error:
            return coming.set_exception(error)
        return coming.set_result(part)

    def watch(self, call: Callable[[], object]) -> None:
        """Call that whenever there is something to read, or the end, until ``watch_no_more``."""
        self._call = call
        if not self._is_watched:
            self._loop.add_reader(self.number, self._arrived)
            self._is_watched = True

    def watch_no_more(self) -> None:
        """Call nothing. The loop looks at the socket until something arrives: a connection that is
        kept needs no system calls with each request. So what is called next may find nothing to
        read."""
        self._call = None

    def _arrived(self) -> None:
        if self._call is None:
            self._unwatch()
        else:
            self._call()

    def _unwatch(self) -> None:
        self._call, self._is_watched = None, False
        self._loop.remove_reader(self.number)

    async def readable(self) -> None:
        """Returns when there is something to read, or the end."""
        ready = asyncio.Event()
        self.watch(ready.set)
        try:
            await ready.wait()
        finally:
            # What is not read in the loop's own call is reported again, perhaps after it was read.
            self._unwatch()

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises ``OSError``."""
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            await self._loop.sock_sendall(self.socket, memoryview(data)[sent:])

    @property
    def is_at_end(self) -> bool:
        """Whether the other side has closed, or sent what was not asked for; reads nothing."""
        if self.pending:
            return True
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def take_in(self) -> None:
        """Have what has arrived meanwhile among the bytes that are ``pending``."""
        with contextlib.suppress(OSError):  # which the next one to read meets
            self.pending += self.socket.recv(_PART)

    def take(self, body: Body) -> bytes:
        """What has been read of the body already."""
        if not self.pending:
            return b""
        count = body.take(memoryview(self.pending))
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def shut(self) -> None:
        """Say that nothing more is sent; the other side may go on."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    async def linger(self) -> None:
        """Say that nothing more is sent, and discard what still comes until the other side has
        closed, for some time: a socket that is closed with unread bytes loses what was sent over
        it."""
        self._unwatch()
        self.shut()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LINGERS):
                while await asyncio.wait_for(self._loop.sock_recv(self.socket, _PART), _SILENCE):
                    pass

    def close(self) -> None:
        """Close it; may be called twice."""
        if self.socket.fileno() >= 0:
            self._unwatch()
            self._loop.remove_writer(self.number)
            self.socket.close()
