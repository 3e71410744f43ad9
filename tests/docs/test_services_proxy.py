"""The handbook's proxy for services and interactive jobs is a real nginx."""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import connect

from tests.docs.markdown import handbook
from tests.dssr.services.front.programs import web_program
from tests.dssr.services.front.running import PATIENCE, front
from tests.dssr.services.front.test_exchange import websocket_echo
from tests.dssr.services.port.ports import TOKEN, services_port
from tests.dssr.services.port.web import tcp_program
from tests.end_to_end.nginx import AROUND, free_port, need_nginx
from tests.end_to_end.service import eventually

DOMAIN = "jobs.example.org"


class Proxy:
    """A browser behind nginx. ``program``: of the service ``one``."""

    def __init__(self, port: int, program: Any) -> None:
        self.port, self.program = port, program
        self._cookies: dict[str, str] = {}

    def fields(self, name: str) -> dict[str, str]:
        """What a browser that has entered sends."""
        return {"Host": f"{name}.{DOMAIN}", "Cookie": self._cookies.get(name, "")}

    def enter(self, name: str, entrance: str = f"/?token={TOKEN}") -> None:
        """Open the address of a service or a job."""
        given = self.send(name, entrance, allow_redirects=False)
        assert (given.status_code, given.headers["Location"]) == (303, "/")
        self._cookies[name] = given.headers["Set-Cookie"].partition(";")[0]

    def send(self, name: str, path: str, method: str = "GET", **more: Any) -> requests.Response:
        """The response to one request."""
        address = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(method, address, headers=self.fields(name), timeout=60, **more)


@contextmanager
def nginx(folder: Path, behind: int) -> Iterator[int]:
    """nginx, set up as the handbook says, before a services port; its own port."""
    port = free_port()
    server = handbook("api-v1").block("file: services.conf")
    assert DOMAIN in server
    server = server.replace("127.0.0.1:5010", f"127.0.0.1:{behind}")
    server = server.replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    (folder / "nginx.conf").write_text(AROUND.format(place=folder, server=server))
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder])

    def listens() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    eventually(listens)
    yield port
    process.terminate()
    process.wait(PATIENCE)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """Two services and a job behind nginx: a web program, a WebSocket, and a job's server."""
    need_nginx()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="svc.")))
        behind = stack.enter_context(services_port(folder, domains=["localhost", DOMAIN]))
        program = stack.enter_context(web_program(folder / "one.program"))
        stack.enter_context(websocket_echo(folder / "echo.program"))
        for name in ("one", "echo"):
            how = {
                "name": name, "bind": [], "address": f"https://{name}.{DOMAIN}/", "admit": "token",
                "token": TOKEN, "names": [f"{name}.{DOMAIN}"],
            }  # fmt: skip
            running = stack.enter_context(front(folder, **how))
            running.aim(folder / f"{name}.program", check=False)
        job = stack.enter_context(tcp_program("job-7-1"))
        behind.order("open", name="job-7-1", host="127.0.0.1", port=job.port, token=TOKEN)
        made = Proxy(stack.enter_context(nginx(folder, behind.port)), program)
        for name in ("one", "echo"):
            made.enter(name)
        yield made


def test_each_name_is_a_service(proxy: Proxy) -> None:
    """A service is at its own name below the domain, for those who have entered; no other name
    shows anything."""
    assert proxy.send("one", "/whoami").text == "first"
    assert proxy.send("two", "/whoami").status_code == 404
    assert proxy.send("job-7-1", "/whoami").status_code == 401


def test_a_job_is_entered_by_its_path(proxy: Proxy) -> None:
    """The address of an interactive job opens it, and leads to one without the secret."""
    proxy.enter("job-7-1", f"/{TOKEN}/")
    assert proxy.send("job-7-1", "/whoami").text == "job-7-1"


def test_pages_may_post_large_bodies(proxy: Proxy) -> None:
    """A page of the service sends a form, and uploads more than nginx takes by itself."""
    fields = {**proxy.fields("one"), "Origin": f"https://one.{DOMAIN}"}
    address = f"http://127.0.0.1:{proxy.port}/upload"
    sent = requests.post(address, bytes(20 << 20), headers=fields, timeout=60)
    assert sent.text == str(20 << 20)
    fields["Origin"] = "https://evil.example"
    assert requests.post(address, b"x", headers=fields, timeout=60).status_code == 403


def test_events_arrive_as_they_are_sent(proxy: Proxy) -> None:
    """nginx keeps no event back."""
    with proxy.send("one", "/events?3", stream=True) as stream:
        lines = stream.iter_lines()
        for number in range(3):
            line = next(each for each in lines if each)
            assert line == f"data: {number}".encode()
            proxy.program.ticks.release()


def test_a_websocket(proxy: Proxy) -> None:
    """A WebSocket passes through nginx, with large messages."""
    with connect(
        f"ws://echo.{DOMAIN}/", sock=socket.create_connection(("127.0.0.1", proxy.port)),
        additional_headers={"Cookie": proxy.fields("echo")["Cookie"]}, max_size=None,
        open_timeout=PATIENCE,
    ) as client:  # fmt: skip
        client.send(bytes(1 << 22))
        assert len(client.recv(PATIENCE)) == 1 << 22
