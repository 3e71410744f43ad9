"""Services through a bridge, on a real Slurm cluster: one port for all, and resources of the
API."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.http.v1.service_models import EXAMPLE, Service, ServiceList, ServiceRequest
from dssr.services.front.lock import owner_of
from tests.cluster import Cluster
from tests.connectors.slurm.services.web import ON_SOCKET
from tests.end_to_end.interactive import Browser, end_processes
from tests.end_to_end.people import Person
from tests.end_to_end.service import Service as Bridge
from tests.end_to_end.service import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
ASKED = {"script": ON_SOCKET, "heartbeat_seconds": 1, "walltime_seconds": 600}


class Held(Person):
    """A person who calls a bridge about services."""

    def up(self, name: str, **asked: Any) -> requests.Response:
        """Start a service."""
        return self.call("PUT", f"/services/{name}", json={**ASKED, **asked})

    def show(self, name: str) -> dict[str, Any]:
        """The service as it is."""
        answer = self.call("GET", f"/services/{name}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        Service.model_validate(found)
        return found

    def ready(self, name: str, generation: int = 1) -> dict[str, Any]:
        """The service, once its address leads to this generation or a later one."""
        return eventually(
            lambda: self.show(name),
            lambda one: bool(one["url"]) and one["generation"] >= generation,
        )

    def down(self, name: str) -> None:
        """End the service, and wait for that."""
        assert self.call("DELETE", f"/services/{name}").status_code == 202
        eventually(lambda: self.show(name)["state"], lambda state: state == "stopped")


def generation(page: Browser) -> int:
    """Which job answers, by its own word."""
    return int(page.get("/").text.split()[0])


def status(url: str) -> int:
    """What a new connection gets; 0: its end."""
    try:
        return Browser(url).get("/").status_code
    except requests.ConnectionError:
        return 0


@contextmanager
def bridge(cluster: Cluster, folder: Path, **more: str) -> Iterator[Bridge]:
    """A bridge, whose processes end with the block."""
    own = {"JARVICE_SERVICES_PORT": "0", "JARVICE_SERVICES_DIR": str(folder)}
    made = Bridge({**cluster.settings(), "JARVICE_BAREMETAL_EXECUTOR": "native", **own, **more})
    try:
        yield made
    finally:
        made.stop()
        end_processes(folder)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """For the files of services, on this machine."""
    with tempfile.TemporaryDirectory(prefix="port.") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def service(cluster: Cluster, folder: Path) -> Iterator[Bridge]:
    """A bridge with the cluster's settings."""
    with bridge(cluster, folder) as running:
        yield running


@pytest.fixture
def person(service: Bridge) -> Held:
    """A person who calls it."""
    return Held(service)


def test_a_service_is_a_resource(person: Held) -> None:
    """A service is started, shown, listed, joined, handed over to another script, and stopped; its
    address stays the same all the time."""
    assert person.call("GET", "/services/demo").status_code == 404
    first = person.up("demo")
    assert (first.status_code, first.headers["Location"]) == (201, "/api/v1/services/demo")
    url = person.ready("demo")["browser_url"]
    page = Browser(url)
    assert generation(page) == 1
    assert person.up("demo").status_code == 200
    listed = person.call("GET", "/services").json()
    ServiceList.model_validate(listed)
    assert "demo" in [one["name"] for one in listed["items"]]
    assert person.up("demo", script=f"{ON_SOCKET}# new\n").status_code == 202
    again = person.ready("demo", 2)
    assert again["browser_url"] == url
    assert generation(page) >= 2
    person.down("demo")
    assert person.show("demo")["url"] is None
    eventually(lambda: status(url), lambda found: found == 404)


def test_a_restart_hands_over(person: Held) -> None:
    """A restart has a new job take over, and starts a service that was stopped."""
    person.up("again")
    page = Browser(person.ready("again")["browser_url"])
    assert person.call("POST", "/services/again/restart").status_code == 202
    ended = person.ready("again", 2)["generation"]
    assert generation(page) >= 2
    person.down("again")
    assert person.call("POST", "/services/again/restart").status_code == 202
    page = Browser(person.ready("again", ended + 1)["browser_url"])
    assert generation(page) > ended
    person.down("again")


def test_one_port_reaches_all(person: Held) -> None:
    """All services are at one port, each by its name and with its own token."""
    for name in ("one", "two"):
        person.up(name)
    found = [person.ready(name) for name in ("one", "two")]
    pages = [Browser(one["browser_url"]) for one in found]
    assert pages[0].port == pages[1].port
    assert [page.get("/").status_code for page in pages] == [200, 200]
    assert pages[0].host != pages[1].host
    assert pages[0].get("/", host=pages[1].host).status_code == 401
    for name in ("one", "two"):
        person.down(name)


def test_a_bridge_that_was_killed(person: Held, service: Bridge) -> None:
    """The address works while the bridge is dead. After its restart, the bridge holds the service
    again, and a job that ends has a successor at the same address."""
    person.up("kept")
    url = person.ready("kept")["browser_url"]
    page = Browser(url)
    service.kill()
    assert generation(page) == 1
    service.start()
    assert person.ready("kept")["browser_url"] == url
    person.call("POST", "/services/kept/restart")
    person.ready("kept", 2)
    assert generation(page) >= 2
    person.down("kept")


def test_a_front_that_was_killed(person: Held, folder: Path) -> None:
    """The bridge starts a front again that was killed, at the same address."""
    person.up("front")
    url = person.ready("front")["browser_url"]
    page = Browser(url)
    assert page.get("/").status_code == 200
    (lock,) = folder.glob("bridges/*/front.lock")
    owner = owner_of(lock)
    assert owner is not None
    os.kill(int(owner["pid"]), signal.SIGKILL)
    eventually(lambda: page.get("/").status_code, lambda status: status == 200)
    assert person.ready("front")["browser_url"] == url
    person.down("front")


# Answers an upload before it has read it, and closes.
EARLY = """#!/usr/bin/env python3
import os, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.environ["DSSR_SOCKET"])
listener.listen(50)
while True:
    client = listener.accept()[0]
    status = b"413 Too Large" if client.recv(1000).startswith(b"POST") else b"200 OK"
    client.sendall(b"HTTP/1.1 %s\\r\\nContent-Length: 2\\r\\n" % status)
    client.sendall(b"Connection: close\\r\\n\\r\\nno")
    client.close()
"""


def test_an_answer_that_comes_early(person: Held) -> None:
    """A program's answer to an upload that it does not read comes back all the way."""
    person.up("early", script=EARLY)
    page = Browser(person.ready("early")["browser_url"])
    assert page.get("/").status_code == 200
    for size in (1 << 10, 1 << 20, 32 << 20):
        answer = page.post("/", bytes(size))
        assert (answer.status_code, answer.text) == (413, "no")
    person.down("early")


def test_what_cannot_be_a_service(person: Held) -> None:
    """A wrong name or member is refused with what would be right, and nothing is started."""
    assert "'name'" in person.call("PUT", "/services/job-7-1", json=ASKED).json()["detail"]
    assert person.call("PUT", "/services/No", json=ASKED).status_code == 400
    wrong = person.up("wrong", walltime=5)
    assert (wrong.status_code, "walltime_seconds" in wrong.json()["detail"]) == (400, True)
    assert person.call("GET", "/services/wrong").status_code == 404


def test_readers_get_no_token(cluster: Cluster, tmp_path: Path, folder: Path) -> None:
    """A caller who may only read sees the address without the token: what a service runs is for
    those who may submit."""
    tokens = tmp_path / "tokens"
    words = {}
    for scope in ("read", "submit"):
        made = subprocess.run(
            [*(sys.executable, "-m", "dssr", "token", "new", scope, "--scope", scope)],
            env={**os.environ, "JARVICE_SCHED_TOKENS_FILE": str(tokens)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        words[scope] = made.stdout.split()[-1]
    with bridge(cluster, folder / "2", JARVICE_SCHED_TOKENS_FILE=str(tokens)) as running:
        person = Held(running)
        headers = {scope: {"Authorization": f"Bearer {word}"} for scope, word in words.items()}
        assert (
            person.call("PUT", "/services/shut", json=ASKED, headers=headers["read"]).status_code
            == 403
        )
        person.call("PUT", "/services/shut", json=ASKED, headers=headers["submit"])
        shown = eventually(
            lambda: person.call("GET", "/services/shut", headers=headers["submit"]).json(),
            lambda one: bool(one["url"]),
        )
        read = person.call("GET", "/services/shut", headers=headers["read"]).json()
        assert "?token=" in shown["url"]
        assert read["url"] == shown["url"].partition("?")[0]
        person.call("DELETE", "/services/shut", headers=headers["submit"])


def test_each_example_works(person: Held, service: Bridge) -> None:
    """The command for a shell that the description shows for each call of services does what it
    says, and its body is a right one."""
    ServiceRequest.model_validate(EXAMPLE)
    described = person.call("GET", "/openapi.json").json()["paths"]
    paths = [path for path in described if path.startswith("/api/v1/services")]
    assert len(paths) == 5
    words = {"DSSR_TOKEN": "any", "NAME": "example"}
    order = [("put", 201), ("get", 200), ("post", 202), ("delete", 202)]
    for method, status in order:
        for path in paths:
            if operation := described[path].get(method):
                command = operation["description"].partition("```sh\n")[2].partition("\n```")[0]
                done = subprocess.run(
                    ["bash", "-c", f"{command} -w '\\n%{{http_code}}'"],
                    env={"PATH": os.environ["PATH"], "DSSR_URL": service.url, **words},
                    capture_output=True, check=True, timeout=60, text=True,
                )  # fmt: skip
                assert done.stdout.rpartition("\n")[2] == str(status), (command, done.stdout)
