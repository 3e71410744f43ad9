"""How the front's loop looks at a socket."""

import asyncio
import selectors
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dssr.services.front.stream import Stream

HEAD = b"GET / HTTP/1.1\r\nHost: localhost"


class Selector(selectors.DefaultSelector):
    """The loop's selector.

    :ivar orders: the file of each system call that begins or ends the watching of a file.
    """

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[Any] = []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        self.orders.append(fileobj)
        return super().register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        self.orders.append(fileobj)
        return super().unregister(fileobj)


def run(work: Callable[[Stream, socket.socket, list[Any]], Awaitable[None]]) -> None:
    """Run it with a stream, the other side, and the selector's orders."""
    selector = Selector()

    async def main() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            selector.orders.clear()
            await work(Stream(ours), theirs, selector.orders)

    def loop() -> asyncio.SelectorEventLoop:
        return asyncio.SelectorEventLoop(selector)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())


def test_a_kept_connection_is_watched_once() -> None:
    """The watching of a socket takes one system call, however many heads come one after another."""

    async def work(stream: Stream, theirs: socket.socket, orders: list[Any]) -> None:
        for _ in range(5):
            asyncio.get_running_loop().call_soon(theirs.sendall, HEAD + b"\r\n\r\n")
            assert await stream.head() == HEAD
        assert orders == [stream.number]

    run(work)


def test_what_no_task_waits_for_does_not_keep_the_loop_busy() -> None:
    """Bytes that come while no task waits for them stay to be read, and the socket is not watched
    until a task waits."""

    async def work(stream: Stream, theirs: socket.socket, orders: list[Any]) -> None:
        asyncio.get_running_loop().call_soon(theirs.sendall, HEAD + b"\r\n\r\n")
        assert await stream.head() == HEAD
        theirs.sendall(HEAD + b"\r\n\r\n")
        while len(orders) < 2:
            await asyncio.sleep(0)
        assert await stream.head() == HEAD
        assert orders == [stream.number] * 3

    run(work)


def test_a_large_message_is_sent_whole() -> None:
    """What the socket does not take at once is sent as the other side reads."""

    async def work(stream: Stream, theirs: socket.socket, orders: list[Any]) -> None:
        size = 8 << 20
        sending = asyncio.create_task(stream.send(bytes(size)))
        theirs.setblocking(False)
        found = 0
        while found < size:
            found += len(await asyncio.get_running_loop().sock_recv(theirs, 1 << 20))
        await sending

    run(work)


def test_what_was_read_is_not_reported_again() -> None:
    """A socket is readable each time that something has come, and not once more."""

    async def work(stream: Stream, theirs: socket.socket, orders: list[Any]) -> None:
        for _ in range(3):
            theirs.sendall(b"x")
            await stream.readable()
            assert stream.socket.recv(10) == b"x"
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await stream.readable()

    run(work)
