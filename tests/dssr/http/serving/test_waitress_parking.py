"""Parked requests at the real server, byte by byte."""

import socket
import time
from collections.abc import Callable

import pytest

from dssr.settings import Settings
from tests.dssr.conftest import Served
from tests.dssr.http.raw import LIVE, OK, Connect, answer, held, rest
from tests.dssr.http.serving.listening import EVENTS, NEWS, Listening, until
from tests.end_to_end.service import eventually

Serve = Callable[..., Served]


def begin(connect: Connect, served: Served, request: bytes = EVENTS) -> tuple[socket.socket, bytes]:
    """A connection that listens, and the headers that it has got."""
    connection = connect(served)
    connection.sendall(request)
    return connection, until(connection, b"\r\n\r\n")


def test_a_stream_sends_its_headers_at_once_and_each_event_as_it_comes(
    serve: Serve, connect: Connect
) -> None:
    """HTTP/1.1 gets chunks, the last one included, and the connection is closed after them."""
    api = Listening()
    connection, head = begin(connect, serve(Settings(), api.calls))
    assert head.startswith(OK)
    for header in (
        b"Content-Type: text/event-stream; charset=utf-8", b"Transfer-Encoding: chunked",
        b"X-Accel-Buffering: no", b"Cache-Control: no-store", b"Connection: close",
    ):  # fmt: skip
        assert header in head
    assert until(connection, b"\n\r\n") == b"3\r\n:\n\n\r\n"
    for text in (b"data: 1\n\n", b"data: 2\n\n"):
        api.feed().give(text)
        assert until(connection, b"\n\r\n") == b"9\r\n" + text + b"\r\n"
    api.feed().give(None)
    assert rest(connection) == b"0\r\n\r\n"
    assert api.feed().closed.is_set()


def test_a_client_of_http_1_0_gets_the_events_as_they_are(serve: Serve, connect: Connect) -> None:
    """HTTP/1.0 has no chunks: the end of the connection is that of the stream."""
    api = Listening()
    request = EVENTS.replace(b"1.1", b"1.0")
    connection, head = begin(connect, serve(Settings(), api.calls), request)
    assert b"chunked" not in head
    api.feed().give(b"data: 1\n\n", None)
    assert rest(connection) == b":\n\ndata: 1\n\n"


def test_head_gets_the_headers_alone(serve: Serve, connect: Connect) -> None:
    """HEAD opens no feed, and its response has no body, a last chunk included."""
    api = Listening()
    connection = connect(serve(Settings(), api.calls))
    connection.sendall(EVENTS.replace(b"GET", b"HEAD"))
    received = rest(connection)
    assert b"text/event-stream" in received
    assert received.endswith(b"\r\n\r\n")
    assert not received.endswith(b"\r\n0\r\n\r\n")  # a header may end with 0
    assert not api.feeds[0].opened.is_set()


def test_a_wait_is_answered_once_and_the_connection_goes_on(serve: Serve, connect: Connect) -> None:
    """A response that waited is an ordinary one: it has a length, and the next request follows."""
    api = Listening()
    connection = connect(serve(Settings(), api.calls))
    for number in (1, 2):
        connection.sendall(NEWS)
        api.feed(number - 1).give(None)
        assert until(connection, b"}\n").endswith(b'{"news":%d}\n' % number)
    connection.sendall(LIVE)
    assert answer(connection) == OK


def test_a_wait_ends_with_its_time(serve: Serve, connect: Connect) -> None:
    """Without news, the response comes after the seconds that the call waits at most."""
    api, began = Listening(seconds=1.0), time.monotonic()
    connection = connect(serve(Settings(), api.calls))
    connection.sendall(NEWS)
    assert answer(connection) == OK
    assert 1.0 <= time.monotonic() - began < 20.0
    assert api.feeds[0].closed.is_set()


def test_requests_that_were_sent_ahead_are_answered_after_the_parked_one(
    serve: Serve, connect: Connect
) -> None:
    """A pipelined request waits until the parked one is answered, and loses nothing."""
    api = Listening()
    connection = connect(serve(Settings(), api.calls))
    connection.sendall(NEWS + LIVE + LIVE)
    api.feed()
    connection.settimeout(0.5)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(30)
    api.feed().give(None)
    assert until(connection, b"}\n").endswith(b'{"news":1}\n')
    assert answer(connection) == OK


@pytest.mark.parametrize("request_", [EVENTS, NEWS], ids=["stream", "wait"])
def test_a_listener_who_leaves_is_noticed(request_: bytes, serve: Serve, connect: Connect) -> None:
    """The feed is closed as soon as the listener's connection is, and the place is free."""
    api = Listening()
    served = serve(Settings(), api.calls)
    connection = connect(served)
    connection.sendall(request_)
    feed = api.feed()
    connection.close()
    assert feed.closed.wait(5)
    eventually(lambda: (len(served.server.parking), held(served)), lambda n: n == (0, 0))


def test_a_listener_who_sends_nothing_more_is_answered(serve: Serve, connect: Connect) -> None:
    """A client may close its sending side after its request: it still gets the response."""
    api = Listening()
    served = serve(Settings(), api.calls)
    wait, (stream, _) = connect(served), begin(connect, served)
    wait.sendall(NEWS)
    api.feed(1)
    for connection in (stream, wait):
        connection.shutdown(socket.SHUT_WR)
    assert until(wait, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    time.sleep(2.5)  # longer than the server's looks at its connections are apart
    api.feed(1).give(None)
    assert until(wait, b"}\n").startswith(OK)
    assert until(stream, b"\n\r\n") == b"3\r\n:\n\n\r\n"
    api.feed(0).give(b"data: 1\n\n", None)
    assert b"data: 1\n\n" in rest(stream)
    eventually(lambda: (len(served.server.parking), held(served)), lambda n: n == (0, 0))


def test_a_client_of_http_1_0_that_sends_nothing_more_has_left(
    serve: Serve, connect: Connect
) -> None:
    """It cannot be asked whether it is still there, so that its place is free."""
    api = Listening()
    connection = connect(serve(Settings(), api.calls))
    connection.sendall(NEWS.replace(b"1.1", b"1.0"))
    feed = api.feed()
    connection.shutdown(socket.SHUT_WR)
    assert feed.closed.wait(5)
    assert rest(connection) == b""


def test_parked_requests_take_no_thread_and_no_turn(serve: Serve, connect: Connect) -> None:
    """More listeners than the server has threads leave other calls of the same caller alone."""
    api = Listening()
    served = serve(Settings(), api.calls)
    listeners = [begin(connect, served)[0] for _ in range(60)]
    eventually(lambda: len(served.server.parking), lambda n: n == 60)
    eventually(lambda: served.server.listeners.busy_threads, lambda busy: busy == 0)
    assert served.get("/running").status_code == 200
    api.feed(59).give(b"data: last\n\n")
    assert until(listeners[59], b"last\n\n\r\n")


def test_memory_for_what_was_sent_is_freed(serve: Serve, connect: Connect) -> None:
    """The buffers of a listener's connection hold what is unsent, not what was ever sent."""
    api = Listening()
    served = serve(Settings(), api.calls)
    connection, _ = begin(connect, served)
    with connection.makefile("rb") as reader:
        for _ in range(40):
            api.feed().give(b"x" * 50_000)
            assert len(reader.read(50_000)) == 50_000
    [channel] = list(served.server.listeners.connections())
    assert sum(len(buffer.getfile().getvalue()) for buffer in channel.outbufs) <= 100_000


def test_the_end_of_the_server_ends_the_streams(serve: Serve, connect: Connect) -> None:
    """A server that stops closes each feed, and the listener's connection."""
    api = Listening()
    served = serve(Settings(), api.calls)
    connection, _ = begin(connect, served)
    feed = api.feed()
    served.stop()
    assert feed.closed.is_set()
    assert rest(connection)[-3:] in (b"\n\r\n", b"")
