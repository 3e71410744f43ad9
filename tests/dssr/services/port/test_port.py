"""Services at one port, by their host names."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, unix_serve

from dssr.services.port.presence import Presence
from tests.dssr.services.front.running import PATIENCE, RunningFront, answered, until
from tests.dssr.services.port.ports import COMMAND, RunningPort, service, services_port


def test_each_name_is_a_service(folder: Path, port: RunningPort) -> None:
    """A request goes to the service whose name its host begins with, once its token was given."""
    with service(folder, "one"), service(folder, "two"):
        for name in ("one", "two"):
            cookie = port.enter(name)
            answer = port.ask(f"{name}.localhost:{port.port}", Cookie=cookie)
            assert (answer.status, answer.body) == (200, name.encode())
        assert port.order("status")["passed_on"] == 4


def test_a_domain_behind_a_proxy(folder: Path) -> None:
    """A service has its name before the configured domain, too, and a proxy's connection is not
    kept: the next request on it may be for another service."""
    with (
        services_port(folder, domains=["localhost", "svc.example.org"]) as port,
        service(folder, "one", names=["one.svc.example.org"]),
    ):
        cookie = port.enter("one")
        answer = port.ask(
            "one.svc.example.org", Cookie=cookie, X_Forwarded_For="192.0.2.1",
            Origin="https://one.svc.example.org", method="POST",
        )  # fmt: skip
        assert (answer.status, answer.fields["Connection"]) == (200, "close")


def test_without_the_token_nobody_enters(folder: Path, port: RunningPort) -> None:
    """Whose connection it is does not count, since people come through ssh: the token does, and one
    service's cookie opens no other."""
    with service(folder, "one"), service(folder, "two"):
        assert port.ask("one.localhost").status == 401
        assert port.ask("two.localhost", Cookie=port.enter("one")).status == 401
        assert port.ask("one.localhost", "/?token=another-token-of-some-length").status == 401


@pytest.mark.parametrize(
    "host", ["three.localhost", "localhost", "one.example.org", "_port.localhost"]
)
def test_an_unknown_name(folder: Path, port: RunningPort, host: str) -> None:
    """The page for a name that no service has says what to do, and does not say which there are."""
    with service(folder, "one"):
        answer = port.ask(host)
        assert answer.status == 404
        assert b"dssr service list" in answer.body
        assert b"one" not in answer.body.replace(b"No service", b"")
        assert b"<p>" not in port.ask(host, method="HEAD").body


def test_a_front_that_was_killed(folder: Path, port: RunningPort) -> None:
    """The page for a service whose front has died names the command that starts it again."""
    with service(folder, "one") as running:
        os.kill(running.pid, signal.SIGKILL)
        running.process.wait(PATIENCE)
        answer = port.ask("one.localhost")
    assert answer.status == 503
    assert b"dssr service connect one" in answer.body


def test_a_front_that_hangs(folder: Path, port: RunningPort) -> None:
    """The page says so, and the front does not take the same connection when it goes on."""
    with service(folder, "one") as running:
        cookie = port.enter("one")
        os.kill(running.pid, signal.SIGSTOP)
        try:
            with closing(port.client()) as client:
                answer = answered(client, "/whoami", Host="one.localhost", Cookie=cookie)
        finally:
            os.kill(running.pid, signal.SIGCONT)
        assert answer.status == 503
        assert b"dssr service connect one" in answer.body
        before = running.order("status")["connections"]
        assert port.ask("one.localhost", Cookie=cookie).body == b"one"
        assert running.order("status")["connections"] == before + 1


def test_it_ends_with_its_fronts_where_no_bridge_uses_it(folder: Path, port: RunningPort) -> None:
    """The port that a bridge has left ends after some time, with all fronts, unless another bridge
    uses it by then."""
    with service(folder, "one") as running:
        user = Presence(folder)
        port.order("leave", within=0)
        cookie = port.enter("one")
        for _ in range(10):
            assert port.ask("one.localhost", Cookie=cookie).body == b"one"
        user.release()
        port.order("leave", within=0)
        assert port.process.wait(PATIENCE) == 0
        assert running.process.wait(PATIENCE) == 0


def test_it_ends_though_a_front_hangs(folder: Path, port: RunningPort) -> None:
    """The end of the port does not wait for a front that does not answer."""
    with service(folder, "one") as running:
        os.kill(running.pid, signal.SIGSTOP)
        try:
            port.order("leave", within=0)
            assert port.process.wait(PATIENCE) == 0
        finally:
            os.kill(running.pid, signal.SIGCONT)


def test_a_front_that_admits_by_user(folder: Path, port: RunningPort) -> None:
    """A front that admits by user takes no connection of another process: the kernel cannot say
    whose it is."""
    with service(folder, "one", admit="user"):
        answer = port.ask("one.localhost")
    assert answer.status == 503
    assert b"admits by user" in answer.body


def test_a_request_that_comes_in_pieces(folder: Path, port: RunningPort) -> None:
    """A head that arrives byte by byte is read as a whole by the front."""
    with service(folder, "one"), socket.create_connection(("127.0.0.1", port.port)) as client:
        request = (
            f"GET /whoami HTTP/1.0\r\nHost: one.localhost\r\nCookie: {port.enter('one')}\r\n\r\n"
        )
        for byte in request.encode():
            client.send(bytes([byte]))
            time.sleep(0.001)
        client.settimeout(PATIENCE)
        with client.makefile("rb") as answer:
            assert answer.read().endswith(b"one")


def test_what_is_not_http_is_turned_away(port: RunningPort) -> None:
    """Bytes that name no host get the page, or an end, and the port goes on."""
    for data in (b"\x16\x03\x01\0" * (1 << 15), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b""):
        with socket.create_connection(("127.0.0.1", port.port), timeout=PATIENCE) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            with client.makefile("rb") as answer:
                assert answer.read(12) in (b"", b"HTTP/1.1 404")
    assert port.ask("x.localhost").status == 404


def test_websockets(folder: Path, port: RunningPort) -> None:
    """A WebSocket goes through the services port, with messages of 16 MB."""
    path, data = folder / "echo", os.urandom(16 << 20)

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with (
        unix_serve(echo, str(path), max_size=None, compression=None) as server,
        ExitStack() as stack,
    ):
        running = stack.enter_context(service(folder, "one"))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.aim(path, "echo", check=False)
        with connect(
            f"ws://one.localhost:{port.port}/", max_size=None, compression=None,
            additional_headers={"Cookie": port.enter("one")}, open_timeout=PATIENCE,
            sock=socket.create_connection(("127.0.0.1", port.port)),
        ) as client:  # fmt: skip
            client.send(data)
            assert client.recv(PATIENCE) == data
        server.shutdown()


def test_open_connections_outlive_the_port(folder: Path) -> None:
    """A connection that a front has taken goes on when the services port is killed, and the port is
    there again with the next process."""
    with service(folder, "one"), ExitStack() as stack:
        first = stack.enter_context(services_port(folder))
        cookie = first.enter("one")
        client = stack.enter_context(closing(first.client()))
        assert answered(client, "/whoami", Host="one.localhost", Cookie=cookie).body == b"one"
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait(PATIENCE)
        assert answered(client, "/whoami", Host="one.localhost", Cookie=cookie).body == b"one"
        second = stack.enter_context(services_port(folder, port=first.port))
        assert second.ask("one.localhost", Cookie=cookie).body == b"one"


def test_two_hundred_connections(folder: Path, port: RunningPort) -> None:
    """Two hundred kept connections to two services are served, and cost the port no file."""
    with service(folder, "one"), service(folder, "two"), ExitStack() as stack:
        cookies = {name: port.enter(name) for name in ("one", "two")}
        before = files(port)
        names = ["one", "two"] * 100
        clients = [stack.enter_context(closing(port.client())) for _ in names]
        for _ in range(2):
            for name, client in zip(names, clients, strict=True):
                host = f"{name}.localhost"
                answer = answered(client, "/whoami", Host=host, Cookie=cookies[name])
                assert answer.body == name.encode()
        assert until(lambda: files(port) <= before)


def files(running: RunningPort | RunningFront) -> int:
    """How many files the process has open."""
    return len(list(Path(f"/proc/{running.pid}/fd").iterdir()))


def test_one_port_in_a_folder(folder: Path, port: RunningPort) -> None:
    """A second process says which one has the services port."""
    given = json.dumps({"folder": str(folder), "port": 0}).encode()
    done = subprocess.run(COMMAND, input=given, capture_output=True, check=False)
    assert done.returncode == 3
    assert json.loads(done.stdout)["owner"]["port"] == port.port


def test_a_port_of_another_program(folder: Path) -> None:
    """A port that another program has is an error with its number, and no other one is taken: the
    addresses of services have that number."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        given = json.dumps({"folder": str(folder), "port": number}).encode()
        done = subprocess.run(COMMAND, input=given, capture_output=True, check=False)
    assert done.returncode == 1
    assert str(number) in json.loads(done.stdout)["error"]


def test_what_is_wrong_with_the_configuration(folder: Path) -> None:
    """All that is wrong is said at once."""
    given = json.dumps({"folder": str(folder), "prot": 1}).encode()
    done = subprocess.run(COMMAND, input=given, capture_output=True, check=False)
    assert "'prot' is not known: remove it." in json.loads(done.stdout)["error"]
    assert "'port' is missing." in json.loads(done.stdout)["error"]
