"""For how long a front keeps the connection of a client that asks for nothing."""

import asyncio
import socket

import pytest

from dssr.services.front import connections
from dssr.services.front.connections import Service, serve_http
from dssr.services.front.counters import Counters
from dssr.services.front.door import Door
from dssr.services.front.stream import Stream
from dssr.services.front.targets import Targets

UNKNOWN = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def serve(token: str, sent: bytes) -> None:
    """Serve a client that sends these bytes and then nothing."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent)
        counters = Counters()
        service = Service(Door("demo", token), Targets(0, counters), counters, 0, lambda _: "")
        await serve_http(Stream(ours), service)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A front that waits for a moment."""
    monkeypatch.setattr(connections, "_PATIENCE", 0.1)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", UNKNOWN], ids=["nothing", "part", "stranger"])
@pytest.mark.usefixtures("impatient")
def test_a_stranger_keeps_no_connection(sent: bytes) -> None:
    """A client that has not shown the token is disconnected when it asks for nothing more."""
    asyncio.run(asyncio.wait_for(serve("a-token", sent), 10))


@pytest.mark.usefixtures("impatient")
def test_those_who_may_enter_keep_it() -> None:
    """Where each caller may enter, an idle connection stays open."""
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(serve("", b""), 1))
