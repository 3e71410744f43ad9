"""Looks at a target through its forward, as a client would."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from dssr.services.front import heads
from dssr.services.front.heads import BadHead
from dssr.services.front.health import Check, Observation, Outcome
from dssr.services.front.reasons import Refusal, reason
from dssr.services.front.stream import Stream
from dssr.services.front.targets import Target

# Seconds in which a closed port shows itself, where no path is known: ssh takes the connection
# before it knows. A health path proves more.
_LISTEN = 0.5
_PROTECTED = (401, 403)  # the program is well, and has a login of its own
_PAGELESS = (404, 405)  # at /, of a program whose pages are elsewhere
Why = Callable[[], Awaitable[str]]


async def probe(
    target: Target, path: str, name: str, timeout: float, refusal: Refusal
) -> list[Observation]:
    """What the port, and with a ``path`` also the program behind it, do now.

    ``refusal``: why the way to the target has refused connections since that moment of
    ``time.monotonic``, or nothing.
    """
    began = time.monotonic()
    try:
        stream = await target.open()
    except OSError as error:
        gone = f"{target.name} is not reached: {error.strerror or error}"
        return [_port(Outcome.FAILED, await reason(refusal, began) or gone)]
    try:
        if path:
            return await _ask(stream, path, name, timeout, lambda: reason(refusal, began))
        return [await _listen(stream, lambda: reason(refusal, began))]
    finally:
        stream.close()


async def _listen(stream: Stream, why: Why) -> Observation:
    loop = asyncio.get_running_loop()
    try:
        part = await asyncio.wait_for(loop.sock_recv(stream.socket, 1), _LISTEN)
    except TimeoutError:
        return _port(Outcome.OK)
    except OSError:
        part = b""
    if part:
        return _port(Outcome.OK)
    return _port(Outcome.FAILED, await why() or "the port closes connections at once")


async def _ask(stream: Stream, path: str, name: str, timeout: float, why: Why) -> list[Observation]:
    question = f"GET {path} HTTP/1.1\r\nHost: {name}.localhost\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(timeout):
            await stream.send(question.encode())
            data = await stream.head()
    except TimeoutError:
        silent = f"no answer to {path} within {timeout:g} seconds"
        return [_port(Outcome.OK), _path(Outcome.SILENT, silent)]
    except (OSError, BadHead):
        data = None
    if data is None:
        if refused := await why():
            return [_port(Outcome.FAILED, refused)]
        return [
            _path(Outcome.FAILED, f"the program closes the connection without answering {path}")
        ]
    return [_port(Outcome.OK), judged(data, path)]


def judged(data: bytes, path: str) -> Observation:
    """Whether the answer to the health path is one of a program that works, as its job judges it
    (``is_well`` in the job's program). Without a path of the service's own, any page will do."""
    try:
        status = heads.response(data).status
    except BadHead:
        return _path(Outcome.FAILED, f"the answer to {path} is not HTTP")
    if status < 400 or status in _PROTECTED or (path == "/" and status in _PAGELESS):
        return _path(Outcome.OK)
    return _path(Outcome.FAILED, f"{path} answers {status}")


def _port(outcome: Outcome, detail: str = "") -> Observation:
    return Observation(Check.PORT, outcome, time.monotonic(), detail)


def _path(outcome: Outcome, detail: str = "") -> Observation:
    return Observation(Check.PATH, outcome, time.monotonic(), detail)
