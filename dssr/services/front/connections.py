"""A client's connection: as bytes, or as a sequence of HTTP requests."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from http import HTTPStatus

from dssr.services.front import heads
from dssr.services.front.bodies import Malformed
from dssr.services.front.counters import Counters
from dssr.services.front.door import Door, Turned
from dssr.services.front.exchange import BadAnswer, Exchange, LinkLost
from dssr.services.front.heads import Request
from dssr.services.front.pump import both_ways
from dssr.services.front.reasons import Refusal, reason
from dssr.services.front.stream import Stream
from dssr.services.front.targets import Link, NoTarget, Targets

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5  # seconds before a request is sent again
_RETRY_AFTER = b"5"
_PATIENCE = 60.0  # seconds for the head of a request, where the client has not shown its token yet
# Seconds for which a program surely keeps an idle connection. If it closes one just when a request
# arrives, it is not known whether it has read the request.
_FRESH = 1.0


@dataclass(frozen=True)
class Service:
    """What all connections of one service share.

    ``hold``: seconds that a request may wait. ``refusal``: why the way to the target has refused
    connections since that moment of ``time.monotonic``, or nothing.
    """

    door: Door
    targets: Targets
    counters: Counters
    hold: float
    refusal: Refusal


async def serve_raw(client: Stream, service: Service) -> None:
    """Move the bytes of one connection both ways. A client for which there is no target is
    disconnected: bytes have no words for it."""
    try:
        link = await service.targets.link()
    except NoTarget:
        return
    try:
        await both_ways(client, link.stream, link.count_in, link.count_out)
    finally:
        link.close()


async def serve_http(client: Stream, service: Service) -> None:
    """Serve the requests of one connection, each at the target that is current when it comes."""
    await HttpConnection(client, service).run()


class HttpConnection:
    """A client's connection, and the link that its requests use."""

    def __init__(self, client: Stream, service: Service) -> None:
        self._client, self._service = client, service
        self._link: Link | None = None
        self._has_entered = False
        self._is_unread = False  # a request, whose response has been sent

    async def run(self) -> None:
        """Serve requests until one side closes."""
        try:
            while (data := await self._head()) is not None:
                if not await self._serve(heads.request(data)):
                    break
        except Malformed as error:
            with contextlib.suppress(OSError):
                await self._answer(Turned(400, str(error)))
        finally:
            self._drop()
        if self._is_unread:
            await self._client.linger()

    async def _head(self) -> bytes | None:
        """The next request's head. A client that has not shown the token does not keep a
        connection."""
        if self._has_entered or not self._service.door.token:
            return await self._client.head()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                return await self._client.head()
        return None

    async def _serve(self, request: Request) -> bool:
        """Whether the connection can be used for another request."""
        entered = self._service.door.enter(request)
        if isinstance(entered, Turned):
            return await self._answer(entered, request)
        self._has_entered = True
        try:
            return await self._exchange(entered)
        except NoTarget as error:
            return await self._answer(Turned(503, str(error), ((b"Retry-After", _RETRY_AFTER),)))
        except LinkLost:
            return await self._answer(Turned(502, await self._lost()))
        except BadAnswer as error:
            return await self._answer(Turned(502, str(error)))

    async def _exchange(self, request: Request) -> bool:
        """Send the request; one that is safe is sent again while the target does not answer."""
        deadline, pause = time.monotonic() + self._service.hold, _FIRST_PAUSE
        while True:
            body = request.body()  # a request that is malformed is refused before a target sees it
            link = await self._busy_link(request)
            exchange = Exchange(self._client, link, request, body)
            try:
                keeps = await exchange.run()
                self._is_unread = not exchange.has_read
                return keeps
            except LinkLost:
                if not request.is_repeatable or time.monotonic() > deadline:
                    raise
            finally:
                self._release(link)
            self._drop()
            self._service.counters.repeated += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _busy_link(self, request: Request) -> Link:
        """The link of the request before, if it still leads to the current target and the request
        may be sent over it, or a new one."""
        link = self._link
        is_current = link is not None and link.target is self._service.targets.current
        if link is None or not is_current or link.closed or not _serves(link, request):
            self._drop()
            self._link = link = await self._service.targets.link()
        link.busy = True
        return link

    def _release(self, link: Link) -> None:
        link.busy, link.idle_since = False, time.monotonic()
        if link.target.draining:
            self._drop()

    def _drop(self) -> None:
        if self._link is not None and not self._link.closed:
            self._link.close()
        self._link = None

    async def _lost(self) -> str:
        began = self._link.began if self._link else time.monotonic()
        why = await reason(self._service.refusal, began)
        return why or "The program closed the connection without an answer."

    async def _answer(self, turned: Turned, request: Request | None = None) -> bool:
        """Answer in the front's own words. The connection is kept only if nothing of the request is
        left to read."""
        self._is_unread = request is None or not request.body().done
        keeps = request is not None and request.keeps and not self._is_unread
        body = f"{turned.sentence}\n".encode()
        fields = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", b"%d" % len(body)),
            (b"Cache-Control", b"no-store"),
            *([] if keeps else [(b"Connection", b"close")]),
            *turned.fields,
        ]
        first = f"HTTP/1.1 {turned.status} {HTTPStatus(turned.status).phrase}".encode()
        head = b"\r\n".join([first, *(name + b": " + value for name, value in fields)])
        has_body = request is None or request.method != b"HEAD"
        await self._client.send(head + heads.END + (body if has_body else b""))
        return keeps


def _serves(link: Link, request: Request) -> bool:
    """Whether the program still reads what is sent over a link that is kept."""
    is_fresh = time.monotonic() - link.idle_since < _FRESH
    return (request.is_repeatable or is_fresh) and not link.stream.is_at_end
