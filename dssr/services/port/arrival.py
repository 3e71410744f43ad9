"""A connection that has arrived: which host it asks for, before a byte of it is read."""

import asyncio
import contextlib
import socket

from dssr.services.front.bodies import Malformed
from dssr.services.front.heads import LONGEST
from dssr.services.front.stream import Stream
from dssr.services.port.names import host_of
from dssr.services.port.pages import Page

_PATIENCE = 60.0  # seconds for the first request: browsers connect before they know what to ask
# Seconds between looks at a request whose head has not arrived as a whole, twice as long each time.
_AGAIN, _SELDOM = 0.02, 1.0
_READ = 10.0  # seconds for the rest of the head


async def host(client: Stream) -> str | None:
    """The host that the first request names, which stays to be read; ``None`` if none came in time.
    Raises ``OSError``."""
    pause = _AGAIN
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while True:
                await client.readable()
                data = client.socket.recv(LONGEST, socket.MSG_PEEK)
                if not data:
                    return None
                if (found := host_of(data)) is not None:
                    return found
                await asyncio.sleep(pause)
                pause = min(2 * pause, _SELDOM)
    return None


async def answer(client: Stream, page: Page) -> None:
    """Answer the request with a page. The request is read first: a connection that is closed with
    unread bytes loses what was sent over it. Raises ``OSError``."""
    with contextlib.suppress(TimeoutError, Malformed):
        head = await asyncio.wait_for(client.head(), _READ) or b""
        await client.send(page.response(has_body=not head.startswith(b"HEAD ")))
        await client.linger()
