"""HTTP through a front: what the program and the client see."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.dssr.services.front.programs import raw_program, web_program
from tests.dssr.services.front.running import (
    RunningFront,
    answered,
    front,
    until,
)

TOKEN = "a-token-of-some-length"


@pytest.fixture
def program(folder: Path) -> Iterator[Any]:
    """A web program."""
    with web_program(folder / "program") as server:
        yield server


@pytest.fixture
def running(folder: Path, program: Any) -> Iterator[RunningFront]:
    """A front whose target is the program."""
    with front(folder, hold=2) as made:
        made.aim(program.path)
        yield made


def raw(running: RunningFront, data: bytes) -> bytes:
    """All that comes back for these bytes, after which nothing more is sent."""
    with running.connect() as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        found = b""
        while part := client.recv(1 << 16):
            found += part
    return found


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/download?0", 0),
        ("/download?10000000", 10_000_000),
        ("/chunks?1,70000,3", 70_004),
        ("/endless?300000", 300_000),
    ],
)
def test_bodies_arrive_whole(running: RunningFront, path: str, size: int) -> None:
    """A response arrives whole, whether it has a length, chunks, or ends with its connection."""
    answer = running.get(path)
    assert (answer.status, len(answer.body)) == (200, size)


def test_one_connection_carries_many_requests(running: RunningFront) -> None:
    """A kept connection serves requests of every kind, one after another."""
    with closing(running.client()) as kept:
        for _ in range(3):
            assert answered(kept, "/upload", "POST", b"u" * 300_000).body == b"300000"
            assert answered(kept, "/chunks?5,5").body == b"z" * 10
            assert answered(kept, "/download?100", "HEAD").body == b""
            assert answered(kept, "/nowhere").status == 404
    assert running.order("status")["connections"] == 1


def test_requests_that_were_sent_early_are_served(running: RunningFront) -> None:
    """Requests that are sent before the response to the one before get theirs, in order."""
    found = raw(running, b"GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5)
    assert found.count(b"HTTP/1.1 200 OK") == 5


def test_the_last_request_of_a_client_is_not_cut_by_its_end(
    running: RunningFront, program: Any
) -> None:
    """A client that has said that it sends nothing more gets the responses to all that it sent
    before, also those that take their time."""
    program.delay = 0.2
    request = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    assert raw(running, request * 3).count(b"HTTP/1.1 200 OK") == 3


def test_the_program_sees_the_request_as_it_was_sent(running: RunningFront) -> None:
    """Fields keep their order and spelling; nothing is added."""
    with closing(running.client()) as client:
        client.putrequest("GET", "/fields?q=%20a", skip_host=True, skip_accept_encoding=True)
        for name, value in (("Host", "localhost:1"), ("x-ODD", "1"), ("Cookie", "a=b")):
            client.putheader(name, value)
        client.endheaders()
        seen = json.loads(client.getresponse().read())
    assert seen == {
        "fields": [["Host", "localhost:1"], ["x-ODD", "1"], ["Cookie", "a=b"]],
        "query": "q=%20a",
    }


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"421"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", b"403"),
        (b"CONNECT node:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000, b"400"),
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n",
            b"400",
        ),
    ],
)
def test_what_may_not_enter_is_answered_here(
    running: RunningFront, program: Any, data: bytes, status: bytes
) -> None:
    """A request that does not enter is answered with the reason, and the program never sees it."""
    found = raw(running, data)
    assert found.startswith(b"HTTP/1.1 " + status)
    assert program.requests == []


def test_token_and_cookie(folder: Path, program: Any) -> None:
    """The token is exchanged for a cookie, which lets the browser in and which the program does
    not see."""
    with front(folder, admit="token", token=TOKEN) as running:
        running.aim(program.path)
        assert running.about["browser_url"].endswith(f".localhost:{running.port}/?token={TOKEN}")
        assert running.get("/fields").status == 401
        answer = running.get(f"/fields?a=1&token={TOKEN}")
        assert (answer.status, answer.fields["Location"]) == (303, "/fields?a=1")
        cookie = answer.fields["Set-Cookie"].partition(";")[0]
        seen = running.get("/fields?a=1", Cookie=f"own=1; {cookie}").data
    assert ["cookie", "own=1"] in seen["fields"]
    assert "dssr-" not in str(seen)


def test_a_front_makes_its_own_token(folder: Path, program: Any) -> None:
    """Where a token is needed and none was given, the front makes one, and its address has it."""
    with front(folder, admit="token") as running:
        running.aim(program.path)
        path = running.about["url"].partition(f":{running.port}")[2]
        assert len(path) > 20
        assert running.get(path).status == 303


def test_kept_connections_are_closed_while_draining(
    folder: Path, running: RunningFront, program: Any
) -> None:
    """A response that begins during the drain says that its connection closes, and it does."""
    with web_program(folder / "new", "new") as new, closing(running.client()) as kept:
        kept.request("GET", "/hang")
        assert until(lambda: running.order("status")["target"]["connections"] == 1)
        running.aim(new.path, "second")
        program.hanging.set()
        response = kept.getresponse()
        assert (response.read(), response.headers["Connection"]) == (b"first", "close")
        assert until(lambda: running.order("status")["open"] == 0)
        assert answered(kept, "/whoami").body == b"new"  # on a new connection


def test_events_arrive_as_they_are_sent(running: RunningFront, program: Any) -> None:
    """Each server-sent event arrives before the next one is made."""
    with closing(running.client()) as client:
        client.request("GET", "/events?4")
        response = client.getresponse()
        for number in range(4):
            assert response.readline() == f"data: {number}\n".encode()
            assert response.readline() == b"\n"
            program.ticks.release()
        assert response.read() == b""


def test_a_client_that_leaves_a_stream_frees_the_program(
    folder: Path, running: RunningFront
) -> None:
    """When a client of a silent stream goes, the program sees the end of its connection."""
    gone = threading.Event()

    def silent(accepted: socket.socket) -> None:
        accepted.recv(1 << 16)
        accepted.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        if accepted.recv(1) == b"":
            gone.set()

    with raw_program(folder / "silent", silent):
        running.aim(folder / "silent", "silent", check=False)
        client = running.connect()
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        client.close()
        assert gone.wait(10)
        assert until(lambda: running.order("status")["open"] == 0)


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"])
def test_a_safe_request_is_sent_again(begun: bytes, folder: Path, running: RunningFront) -> None:
    """A GET whose connection ends without an answer, or within a short one, is sent again; the
    client sees only the answer."""
    visits: list[bytes] = []

    def second_time(accepted: socket.socket) -> None:
        visits.append(accepted.recv(1 << 16))
        if len([visit for visit in visits if b"/again" in visit]) > 1:
            accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        else:
            accepted.sendall(begun)

    with raw_program(folder / "again", second_time):
        running.aim(folder / "again", "again", check=False)
        assert running.get("/again").body == b"ok"
    assert running.order("status")["repeated"] == 1


def test_a_request_that_changes_something_is_sent_once(running: RunningFront, program: Any) -> None:
    """A POST that got no answer is not repeated: the client learns that the outcome is unknown."""
    answer = running.get("/dead", "POST")
    assert answer.status == 502
    assert answer.body == b"The program closed the connection without an answer.\n"
    assert program.requests == ["POST /dead"]


def test_a_request_that_changes_something_needs_a_fresh_link(
    folder: Path, running: RunningFront
) -> None:
    """A POST does not meet a program that closes its idle connection just then: it has a new one,
    unless there was a request within the last second."""

    def once(accepted: socket.socket) -> None:
        accepted.recv(1 << 16)
        accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        accepted.recv(1 << 16)  # and closes without an answer

    with raw_program(folder / "once", once):
        running.aim(folder / "once", "once", check=False)
        with closing(running.client()) as kept:
            assert answered(kept, "/").status == 200
            time.sleep(1.2)
            assert answered(kept, "/", "POST").status == 200
            assert answered(kept, "/", "POST").status == 502


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n",
    ],
)
def test_a_program_that_speaks_no_http(folder: Path, running: RunningFront, answer: bytes) -> None:
    """A response that is not HTTP is 502: the request was right."""

    def speak(accepted: socket.socket) -> None:
        accepted.recv(1000)
        accepted.sendall(answer)

    with raw_program(folder / "odd", speak):
        running.aim(folder / "odd", "odd", check=False)
        found = running.get("/")
    assert found.status == 502
    assert found.body.startswith(b"The program's answer is not HTTP: ")


def test_chunks_that_are_none_are_the_clients_fault(running: RunningFront) -> None:
    """A request with a malformed body is 400, and the connection ends."""
    head = b"POST /whoami HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert raw(running, head + b"hello\r\n").startswith(b"HTTP/1.1 400")


def test_an_upload_waits_for_100_continue(running: RunningFront) -> None:
    """A client that waits for the program's consent to an upload gets it."""
    with running.connect() as client:
        client.sendall(
            b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        client.sendall(b"abc")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
