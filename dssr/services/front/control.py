"""The control socket: one JSON object a line, and one in response to each.

An open connection may come with a line (SCM_RIGHTS): the order has it as ``connection``, until it
is answered. The order is carried out when the sender has said once more that it is meant: one that
has waited too long for the first answer uses the connection itself.
"""

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from dssr.errors import BadRequest, DssrError
from dssr.services.front.stream import Stream

log = logging.getLogger(__name__)
_LONGEST = 1 << 20  # bytes of a line
_PART = 64 << 10
_BACKLOG = 128
_READY, _MEANT = b'{"ready": true}\n', b"meant\n"
Command = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class Control:
    """Listens on a Unix socket in a folder that no other user can enter."""

    def __init__(self, path: Path, commands: Mapping[str, Command]) -> None:
        self.path, self._commands = path, commands
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to listen. A socket of the past is replaced: the caller holds the lock."""
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.setblocking(False)
        self._listener.bind(str(self.path))
        self.path.chmod(0o600)
        self._listener.listen(_BACKLOG)
        asyncio.get_running_loop().add_reader(self._listener, self._accept, self._listener)

    def stop(self) -> None:
        """Listen no more."""
        if self._listener:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
        self.path.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            accepted, _ = listener.accept()
            task = asyncio.get_running_loop().create_task(self._serve(Stream(accepted)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: Stream) -> None:
        orders = _Orders(client)
        with contextlib.suppress(OSError), contextlib.closing(client):
            while line := await orders.next():
                with contextlib.closing(orders):
                    if orders.connection is not None:
                        await client.send(_READY)
                        if await orders.next() != _MEANT:
                            return
                    answer = await self._answer(line, orders.connection)
                await client.send(f"{json.dumps(answer)}\n".encode())

    async def _answer(self, line: bytes, connection: socket.socket | None) -> Mapping[str, Any]:
        try:
            order = json.loads(line)
            name = str(order.get("do")) if isinstance(order, dict) else ""
            if name not in self._commands:
                raise BadRequest(f"'do' must be one of {', '.join(self._commands)}.")
            return await self._commands[name]({**order, "connection": connection})
        except ValueError:
            return {"error": "The line is not JSON."}
        except DssrError as error:
            return {"error": error.message, "transient": error.transient}
        except Exception:
            log.exception("the control socket: a command failed")
            return {"error": "The command failed: the log has the cause."}


class _Orders:
    """The lines of one client, and the connections that come with them."""

    def __init__(self, client: Stream) -> None:
        self._client, self._data = client, bytearray()
        self._passed: list[socket.socket] = []

    @property
    def connection(self) -> socket.socket | None:
        """What came with the last line."""
        return self._passed[0] if self._passed else None

    async def next(self) -> bytes:
        """The next line; empty at the end, and for one that is too long. Raises ``OSError``."""
        while (end := self._data.find(b"\n")) < 0:
            if len(self._data) > _LONGEST or not await self._read():
                return b""
        line = bytes(self._data[: end + 1])
        del self._data[: end + 1]
        return line

    def close(self) -> None:
        """Close what came with the last line."""
        while self._passed:
            self._passed.pop().close()

    async def _read(self) -> bool:
        await self._client.readable()
        data, files, _, _ = socket.recv_fds(self._client.socket, _PART, 1)
        self._passed += [socket.socket(fileno=file) for file in files]
        self._data += data
        return bool(data)


async def ask(path: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    """The response of the process with that control socket. Raises ``OSError``."""
    with contextlib.closing(Stream(socket.socket(socket.AF_UNIX))) as stream:
        await asyncio.get_running_loop().sock_connect(stream.socket, str(path))
        await stream.send(f"{json.dumps(order)}\n".encode())
        return await _answered(_Orders(stream))


class Offer:
    """A connection that is offered to the process with that control socket: a copy, so the caller
    closes its own. Until ``make`` is called, that process does nothing with it."""

    def __init__(self, path: Path, connection: socket.socket) -> None:
        self._path, self._connection = path, connection
        self._stream = Stream(socket.socket(socket.AF_UNIX))
        self._orders = _Orders(self._stream)

    async def prepare(self, order: Mapping[str, Any]) -> None:
        """Returns when that process is ready for it. Raises ``OSError``."""
        await asyncio.get_running_loop().sock_connect(self._stream.socket, str(self._path))
        line = f"{json.dumps(order)}\n".encode()
        sent = socket.send_fds(self._stream.socket, [line], [self._connection.fileno()])
        await self._stream.send(line[sent:])
        await _answered(self._orders)

    async def make(self) -> dict[str, Any]:
        """The response to the order. Raises ``OSError``: whether it is carried out is not known."""
        await self._stream.send(_MEANT)
        return await _answered(self._orders)

    def close(self) -> None:
        """Take back what was not made."""
        self._stream.close()


async def _answered(orders: _Orders) -> dict[str, Any]:
    answer = await orders.next()
    if not answer:
        raise ConnectionResetError("The control socket was closed without a response.")
    found: dict[str, Any] = json.loads(answer)
    return found
