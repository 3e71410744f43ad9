"""The relay of a service's job, as a process of its own."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from connectors.slurm.services.programs import relay_text
from tests.cluster.generations import GENERATIONS
from tests.cluster.roots import root_for
from tests.connectors.slurm.services.programs.relays import SECRET, Relay
from tests.end_to_end.service import eventually


def test_it_runs_here(relay: Relay) -> None:
    """The trial succeeds where the modules are there."""
    assert subprocess.run([sys.executable, str(relay.script), "try"], check=False).returncode == 0


def test_it_runs_with_few_modules(cluster_possible: None) -> None:
    """It runs in Debian's minimal python3, which has no ``hmac``, ``http`` or ``asyncio``."""
    root = root_for(next(g for g in GENERATIONS.values() if not g.has_venv))
    for text, code in (("import hmac", 1), (relay_text(), 0)):
        command = ["chroot", str(root), "python3", "-B", "-", "try"]
        done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        assert done.returncode == code, done.stderr


def test_bytes_pass_in_both_directions(relay: Relay) -> None:
    """What follows the preface arrives, also when it came with it, and the answer comes back."""
    client = relay.connect(more=b"first ")
    program = relay.accept()
    client.sendall(b"second")
    seen = b""
    while len(seen) < 12:
        seen += program.recv(100)
    assert seen == b"first second"
    program.sendall(b"answer")
    assert client.recv(100) == b"answer"


@pytest.mark.parametrize(
    "preface",
    [
        "GET / HTTP/1.0\r\n\r\n",
        f"DSSR1 {SECRET[1:]}\n",
        f"DSSR1 {SECRET}5\n",
        f"DSSR2 {SECRET}\n",
        f"DSSR1 {SECRET} check more\n",
        "DSSR1\n",
        "\n",
        "x" * 5000,
    ],
)
def test_strangers_get_nothing(relay: Relay, preface: str) -> None:
    """A connection without the secret is closed without a byte, and the program sees none of
    it."""
    client = relay.connect(preface)
    with contextlib.suppress(ConnectionResetError):  # where it had sent more than was read
        assert client.recv(100) == b""
    relay.program.settimeout(0.3)
    with pytest.raises(TimeoutError):
        relay.program.accept()


def test_half_closes_are_passed_on(relay: Relay) -> None:
    """The end of one direction leaves the other open."""
    client = relay.connect()
    program = relay.accept()
    client.shutdown(socket.SHUT_WR)
    assert program.recv(100) == b""
    program.sendall(b"still here")
    assert client.recv(100) == b"still here"
    program.close()
    assert client.recv(100) == b""


def test_a_program_that_breaks_off_ends_the_connection(relay: Relay) -> None:
    """A broken connection on one side is broken on the other."""
    client = relay.connect()
    relay.accept().close()
    assert client.recv(100) == b""


def test_the_program_may_have_moved(relay: Relay, tmp_path: Path) -> None:
    """New connections go where the target file says at that moment."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        (tmp_path / "target").write_text(f"tcp 127.0.0.1 {other.getsockname()[1]}\n")
        client = relay.connect(more=b"moved")
        taken = other.accept()[0]
        assert taken.recv(100) == b"moved"
        client.close()


def test_connections_are_counted_but_health_checks_are_not(relay: Relay) -> None:
    """The number of open connections is in a file; checks say so in their preface."""
    assert relay.used == 0
    client = relay.connect()
    program = relay.accept()
    eventually(lambda: relay.used, lambda n: n == 1, 10)
    check = relay.connect(f"DSSR1 {SECRET} check\n")
    relay.accept()
    assert relay.used == 1
    check.close()
    client.close()
    program.close()
    eventually(lambda: relay.used, lambda n: n == 0, 10)


def test_a_full_disk_closes_no_connection(relay: Relay) -> None:
    """Connections are passed on where their number cannot be written."""
    (relay.directory / "used.new").mkdir()
    client = relay.connect(more=b"first")
    assert relay.accept().recv(100) == b"first"
    client.close()


def test_more_connections_than_files_cut_none(relay: Relay) -> None:
    """Where no more files can be opened, new connections wait, those that are open go on, and one
    that waited is served when there is room."""
    resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, (30, 30))
    held = [relay.connect(more=bytes([number])) for number in range(20)]
    first = relay.accept()
    held[first.recv(1)[0]].sendall(b"still there")
    assert first.recv(100) == b"still there"
    assert relay.process.poll() is None
    for client in held:
        client.close()
    last = relay.connect(more=b"the last")
    seen = b""
    while seen != b"the last":
        with relay.accept() as program:
            seen = program.recv(100)
    last.close()


def test_two_hundred_idle_connections_cost_little(relay: Relay) -> None:
    """Idle connections hold some kilobytes each."""
    before = memory_of(relay.process.pid)
    held = [(relay.connect(), relay.accept()) for _ in range(200)]
    client, program = held[0]
    client.sendall(b"still answered")
    assert program.recv(100) == b"still answered"
    assert memory_of(relay.process.pid) - before < 30 << 10
    for each in held:
        each[0].close()
        each[1].close()


def memory_of(pid: int) -> int:
    """The process's own memory, in kB."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


def test_large_uploads_and_downloads_are_whole(relay: Relay) -> None:
    """Megabytes arrive as they were sent, in both directions at once."""
    data = os.urandom(1 << 20) * 24
    client = relay.connect()
    program = relay.accept()

    def echo() -> None:
        while piece := program.recv(1 << 16):
            program.sendall(piece)
        program.shutdown(socket.SHUT_WR)

    threading.Thread(target=echo, daemon=True).start()
    threading.Thread(target=send_all, args=(client, data), daemon=True).start()
    began, received = time.monotonic(), bytearray()
    while piece := client.recv(1 << 18):
        received += piece
    assert bytes(received) == data
    assert time.monotonic() - began < 60


def send_all(client: socket.socket, data: bytes) -> None:
    """Send and end this direction."""
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def test_the_health_path_is_asked(relay: Relay) -> None:
    """``ask`` prints the status of the answer, and fails without one, and without a word: what it
    wrote would be among the output of the user's program."""

    def answer(text: bytes) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, str(relay.script), "ask", str(relay.directory), "/well"]
        asking = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        program = relay.accept()
        assert program.recv(100).startswith(b"GET /well HTTP/1.1\r\nHost: localhost\r\n")
        program.sendall(text)
        program.close()
        stdout, stderr = asking.communicate(timeout=20)
        return subprocess.CompletedProcess(argv, asking.returncode, stdout, stderr)

    assert answer(b"HTTP/1.1 503 Loading\r\n\r\n").stdout == "503\n"
    refused = answer(b"SSH-2.0-hello\r\n")
    assert (refused.returncode != 0, refused.stdout, refused.stderr) == (True, "", "")


def by_http(relay: Relay, request: str) -> bytes:
    """All that comes back for a request of HTTP from a plain forward."""
    with relay.connect("", request.encode()) as client:
        client.settimeout(10)
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(65536):
                received += piece
        return received


def test_the_secret_in_an_address_gets_the_cookie(relay: Relay) -> None:
    """A browser that opens the address with the secret is sent to the same place with a cookie, and
    the program sees neither."""
    answer = by_http(relay, f"GET //app?a=b&dssr={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n").decode()
    assert "Location: /app?a=b\r\n" in answer
    assert f"Set-Cookie: dssr={SECRET}; Path=/; HttpOnly; SameSite=Lax\r\n" in answer
    assert relay.used == 0


def test_an_address_leads_to_no_other_host(relay: Relay) -> None:
    """A browser takes two slashes, or a slash and a backslash, for another host."""
    answer = by_http(relay, f"GET /\\evil?dssr={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n").decode()
    assert "Location: /evil\r\n" in answer


def test_a_connection_with_the_cookie_is_passed_on(relay: Relay) -> None:
    """What the first request brings is passed on unchanged, with the body behind it."""
    sent = f"POST / HTTP/1.1\r\nCookie: a=b; dssr={SECRET}\r\nContent-Length: 2\r\n\r\nhi"
    with relay.connect("", sent.encode()), relay.accept() as program:
        received = b""
        while not received.endswith(b"hi"):
            received += program.recv(65536)
    assert received.decode() == sent


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\r\n\r\n",
        "GET /?dssr=5 HTTP/1.1\r\nCookie: dssr=5\r\n\r\n",
        f"GET /{'a' * 20000} HTTP/1.1\r\n\r\n",
        "GET\r\n\r\n",
    ],
)
def test_requests_without_the_secret_are_closed(relay: Relay, request_text: str) -> None:
    """A request with neither gets no byte, and does not reach the program."""
    assert by_http(relay, request_text) == b""
    assert relay.used == 0
