"""A WebSocket at /ws that sends back what it gets, and a page at / to try it.

It listens on ``$DSSR_SOCKET``, a Unix socket that no other user of the node can reach.
"""

import asyncio
import os
import signal
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

PAGE = Path("index.html").read_bytes()


async def echo(connection: ServerConnection) -> None:
    """Send each message back."""
    async for message in connection:
        await connection.send(message)


def page(_: ServerConnection, request: Request) -> Response | None:
    """The page, which is also what health checks get; ``None`` goes on to the WebSocket."""
    if request.path == "/ws":
        return None
    fields = Headers({"Content-Type": "text/html", "Content-Length": str(len(PAGE))})
    return Response(HTTPStatus.OK, HTTPStatus.OK.phrase, fields, PAGE)


async def main() -> None:
    """Serve until the job ends: then connections get a close frame, and clients know."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    # max_size: messages of any size. Between two machines of one cluster compression costs more
    # than it saves.
    async with unix_serve(
        echo, os.environ["DSSR_SOCKET"], process_request=page, max_size=None, compression=None
    ):
        await ending.wait()


if __name__ == "__main__":
    asyncio.run(main())
