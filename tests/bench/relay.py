"""A TCP relay that holds every byte back for a while, in both directions: a long way to the login node."""

import asyncio
import socket
import statistics
import threading
import time


class Relay:
    """Listens on a free port of the loopback interface. ``connections``: how many have come."""

    def __init__(self, host: str, port: int, delay: float) -> None:
        """``delay``: seconds each way."""
        self._target, self._delay = (host, port), delay
        self.connections = 0
        self._ready = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: str = "127.0.0.1"
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> "Relay":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def round_trip(self) -> float:
        """Milliseconds from a connection's first byte to the answer: that is what a greeting of sshd's takes over it."""
        times = []
        for _ in range(5):
            with socket.create_connection((self.address, self.port)) as client:
                client.recv(1000)  # sshd greets first (RFC 4253, 4.2), and then waits for our greeting
                began = time.monotonic()
                client.sendall(b"nonsense\r\n")  # which this is not, and sshd says so
                client.recv(1000)
                times.append((time.monotonic() - began) * 1000)
        self.connections = 0
        return statistics.median(times)

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._accept, sock=self._listener):
            self._ready.set()
            await self._ended.wait()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        for stream in (writer, far_writer):
            stream.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer), return_exceptions=True)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """A delay, not a limit on the speed: what comes meanwhile is on its way too."""
        try:
            while piece := await source.read(1 << 16):
                self._loop.call_later(self._delay, sink.write, piece)
            await asyncio.sleep(self._delay)
        finally:
            sink.close()
