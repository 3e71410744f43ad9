"""Moves bytes from one stream to another.

All pumps share one buffer and the front's one thread: a connection that is idle costs two sockets
and no buffer. Two threads for each connection were measured beside it: they take six times the
memory and are no faster, since ``ssh`` is the limit. So was ``splice`` through pipes: it takes half
of the front's processor time for an upload, and half as much again for a download.
"""

import asyncio
import contextlib
from collections.abc import Callable
from enum import Enum

from dssr.services.front.bodies import BadBody, Body, EndlessBody
from dssr.services.front.stream import Stream

_BUFFER = bytearray(256 << 10)
_VIEW = memoryview(_BUFFER)
_TURNS = 8  # reads of one pump before the others have their turn


class End(Enum):
    """How a pump ended."""

    COMPLETE = "the body is complete"
    CLOSED = "the source has closed"
    BROKEN = "the source is broken, or the body is malformed"
    REFUSED = "the sink takes no more"


class Pump:
    """Moves one body. What the source sends after it stays in the source."""

    def __init__(
        self, source: Stream, sink: Stream, body: Body, count: Callable[[int], None]
    ) -> None:
        """``count`` is called with the number of bytes that have been moved."""
        self._source, self._sink, self._body, self._count = source, sink, body, count
        self._loop = asyncio.get_running_loop()
        self._rest = memoryview(b"")  # read, and not yet taken by the sink
        self._is_waiting = False  # for room in the sink
        self._ended: asyncio.Future[End] = self._loop.create_future()

    async def run(self) -> End:
        """Move the body to its end."""
        pending, self._source.pending = self._source.pending, b""
        self._source.watch(self._readable)
        if pending:
            self._guarded(lambda: self._pass_on(memoryview(pending)))
        try:
            return await self._ended
        finally:
            self._source.watch_no_more()
            self._await_no_room()

    def _readable(self) -> None:
        self._guarded(self._read)

    def _writable(self) -> None:
        self._guarded(self._write)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BlockingIOError:
            pass
        except (OSError, BadBody):
            self._end(End.BROKEN)

    def _read(self) -> None:
        for _ in range(_TURNS):
            count = self._source.socket.recv_into(_BUFFER)
            if count == 0:
                self._end(End.CLOSED)
            else:
                self._pass_on(_VIEW[:count])
            # What is less than asked for was all that there is.
            if count < len(_BUFFER) or self._ended.done() or self._rest:
                return

    def _pass_on(self, data: memoryview) -> None:
        """Send what belongs to the body, and keep what follows it in the source."""
        taken = self._body.take(data)
        self._source.pending = bytes(data[taken:])
        sent = self._sent(data[:taken])
        if sent < taken:
            # A copy: the other pumps use the buffer meanwhile.
            self._rest = memoryview(bytes(data[sent:taken]))
            self._await_room()
        elif self._body.done:
            self._end(End.COMPLETE)

    def _await_room(self) -> None:
        if not self._is_waiting:
            self._is_waiting = True
            self._source.watch_no_more()
            self._loop.add_writer(self._sink.number, self._writable)

    def _await_no_room(self) -> None:
        if self._is_waiting:
            self._is_waiting = False
            self._loop.remove_writer(self._sink.number)

    def _write(self) -> None:
        self._rest = self._rest[self._sent(self._rest) :]
        if self._rest:
            return
        if self._body.done:
            self._end(End.COMPLETE)
            return
        # Where the sink is the slower one, the source has something again.
        with contextlib.suppress(BlockingIOError):
            self._read()
        if not self._rest and not self._ended.done():
            self._await_no_room()
            self._source.watch(self._readable)

    def _sent(self, data: memoryview) -> int:
        if not data:
            return 0
        try:
            sent = self._sink.socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._end(End.REFUSED)
            raise
        self._count(sent)
        return sent

    def _end(self, how: End) -> None:
        if not self._ended.done():
            self._source.watch_no_more()
            self._ended.set_result(how)


async def both_ways(
    client: Stream,
    server: Stream,
    count_in: Callable[[int], None],
    count_out: Callable[[int], None],
) -> None:
    """Move bytes both ways until both sides have ended. The end of one is passed on to the other,
    which may go on. A server that takes no more may have said why, which the client gets."""

    async def one_way(source: Stream, sink: Stream, count: Callable[[int], None]) -> None:
        end = await Pump(source, sink, EndlessBody(), count).run()
        if end is End.REFUSED and sink is server:
            return
        if end in (End.BROKEN, End.REFUSED):
            raise ConnectionError
        sink.shut()

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(one_way(client, server, count_in))
            group.create_task(one_way(server, client, count_out))
    except* ConnectionError:
        pass
    await client.linger()
