"""The control socket: one JSON object a line, and one in response to each."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from dssr.errors import BadRequest, DssrError

log = logging.getLogger(__name__)
_LONGEST = 1 << 20  # bytes of a line
Command = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class Control:
    """Listens on a Unix socket in a folder that no other user can enter."""

    def __init__(self, path: Path, commands: Mapping[str, Command]) -> None:
        self.path, self._commands = path, commands
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen. A socket of the past is replaced: the caller holds the lock."""
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.path, limit=_LONGEST)
        self.path.chmod(0o600)

    def stop(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.close()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            while line := await self._line(reader):
                writer.write(f"{json.dumps(await self._answer(line))}\n".encode())
                await writer.drain()

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readline()
        except ValueError:  # longer than the limit
            return b""

    async def _answer(self, line: bytes) -> Mapping[str, Any]:
        try:
            order = json.loads(line)
            name = str(order.get("do")) if isinstance(order, dict) else ""
            if name not in self._commands:
                raise BadRequest(f"'do' must be one of {', '.join(self._commands)}.")
            return await self._commands[name](order)
        except ValueError:
            return {"error": "The line is not JSON."}
        except DssrError as error:
            return {"error": error.message, "transient": error.transient}
        except Exception:
            log.exception("the control socket: a command failed")
            return {"error": "The command failed: the front's log has the cause."}


async def ask(path: Path, order: Mapping[str, Any]) -> dict[str, Any]:
    """The response of the front with that control socket. Raises ``OSError``."""
    reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST)
    with contextlib.closing(writer):
        writer.write(f"{json.dumps(order)}\n".encode())
        line = await reader.readline()
    if not line:
        raise ConnectionResetError(f"{path} closed without a response")
    found: dict[str, Any] = json.loads(line)
    return found
