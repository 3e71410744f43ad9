"""One request of a client and its response."""

import asyncio
import contextlib
import socket

from dssr.services.front import heads
from dssr.services.front.bodies import Body, FixedBody, Malformed
from dssr.services.front.heads import Request, Response
from dssr.services.front.pump import End, Pump, both_ways
from dssr.services.front.stream import Stream
from dssr.services.front.targets import Link

_SHORT = 4 << 10  # bytes of a body that its program sends at once
_SOON = 0.05  # seconds: most responses are there before it matters that the client has closed


class LinkLost(Exception):
    """The target closed before the client received a byte of the response."""


class BadAnswer(Exception):
    """The response is not HTTP; the client has received nothing. Its text is a sentence."""


class Exchange:
    """Sends one request over a link and its response to the client, both as they come.

    A program may answer before it has read all of the request, and close.
    """

    def __init__(self, client: Stream, link: Link, request: Request, body: Body) -> None:
        """``body``: that of the request, of which nothing has been taken."""
        self._client, self._link, self._request, self._body = client, link, request, body
        self._server = link.stream
        self._loop = asyncio.get_running_loop()
        self._sending: asyncio.Task[None] | None = None
        self._mirror: asyncio.TimerHandle | None = None

    async def run(self) -> bool:
        """Whether both connections can be used for another request. Raises ``LinkLost`` and
        ``BadAnswer`` while the client has received nothing, ``Malformed`` for the request,
        ``OSError``."""
        try:
            return await self._answer(await self._ask())
        finally:
            if self._sending:
                self._sending.cancel()
                await asyncio.gather(self._sending, return_exceptions=True)
            self._watch_no_more()

    @property
    def has_read(self) -> bool:
        """Whether all of the request has been read."""
        return self._body.done

    async def _ask(self) -> Response:
        data = self._request.bytes + self._client.take(self._body)
        with contextlib.suppress(ConnectionError):  # it may have answered before it closed
            await self._server.send(data)
            self._link.count_in(len(data))
            if self._body.done:
                self._watch_client()
            else:
                pump = Pump(self._client, self._server, self._body, self._link.count_in)
                self._sending = asyncio.create_task(self._send(pump))
        try:
            while (response := await self._head()).is_interim:
                await self._client.send(response.bytes)
        except ConnectionError as error:
            raise LinkLost from error
        return response

    async def _send(self, pump: Pump) -> None:
        """The request's body, while the response may begin."""
        if await pump.run() is End.COMPLETE:
            self._watch_client()
        else:
            self._server.shut()

    async def _head(self) -> Response:
        try:
            data = await self._server.head()
            if data is not None:
                return heads.response(data)
        except Malformed as error:
            raise _not_http(error) from error
        raise LinkLost

    async def _answer(self, response: Response) -> bool:
        if response.switches:
            await self._switch(response)
            return False
        if self._link.target.draining or self._request.is_proxied:
            response = response.closing()
        try:
            body = response.body(self._request.method)
            data = response.bytes + await self._begun(body)
        except Malformed as error:
            raise _not_http(error) from error
        await self._client.send(data)
        self._link.count_out(len(data))
        end = End.COMPLETE
        if not body.done:
            end = await Pump(self._server, self._client, body, self._link.count_out).run()
        sent = self._sending is None or self._sending.done()
        return end is End.COMPLETE and sent and response.keeps and self._request.keeps

    async def _begun(self, body: Body) -> bytes:
        """What is there of the body. All of a short one, where the request is sent again when the
        target is lost before the client has received anything."""
        found = self._server.take(body)
        if not body.done:
            self._server.take_in()  # many programs send the head and the body apart
            found += self._server.take(body)
        if not self._request.is_repeatable:
            return found
        while isinstance(body, FixedBody) and 0 < body.left <= _SHORT:
            try:
                if not await self._server.more():
                    raise LinkLost
            except ConnectionError as error:
                raise LinkLost from error
            found += self._server.take(body)
        return found

    async def _switch(self, response: Response) -> None:
        self._watch_no_more()
        await self._client.send(response.bytes)
        await both_ways(self._client, self._server, self._link.count_in, self._link.count_out)

    def _watch_client(self) -> None:
        if not self._client.pending:
            self._client.watch(self._closing)

    def _watch_no_more(self) -> None:
        if self._mirror:
            self._mirror.cancel()
        self._client.watch_no_more()

    def _closing(self) -> None:
        """Once the client says that it sends nothing more, say so to the target: the program
        decides what that means, as it does without the front."""
        try:
            if self._client.socket.recv(1, socket.MSG_PEEK):  # the next request
                return self._client.watch_no_more()
        except BlockingIOError:
            return None
        except OSError:
            pass
        self._client.watch_no_more()
        self._mirror = self._loop.call_later(_SOON, self._server.shut)
        return None


def _not_http(error: Malformed) -> BadAnswer:
    return BadAnswer(f"The program's answer is not HTTP: {error}")
