"""Bridges that serve interactive jobs, and a browser at their services port."""

import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from dssr.services.front.lock import owner_of
from tests.end_to_end.service import Job, Service, eventually, script


class Browser:
    """Opens an address: NAME.localhost is this machine, and the token becomes a cookie."""

    def __init__(self, url: str) -> None:
        found = urlsplit(url)
        self.url = url
        self._entrance = url.partition(found.netloc)[2]
        self.host, self.port = found.netloc, found.port
        self._session = requests.Session()

    def get(self, path: str, host: str = "") -> requests.Response:
        """The page with that path."""
        if self._entrance != "/" and not self._session.headers.get("Cookie"):
            entrance = self._send(self._entrance, self.host)
            cookie = entrance.headers.get("Set-Cookie", "").partition(";")[0]
            if cookie:
                self._session.headers["Cookie"] = cookie
        return self._send(path, host or self.host)

    def stream(self, path: str) -> requests.Response:
        """The response with that path, whose body comes as it is sent; ``get`` was called once."""
        return self._send(path, self.host, stream=True)

    def post(self, path: str, data: bytes) -> requests.Response:
        """The response to an upload; ``get`` was called once."""
        return self._send(path, self.host, "POST", data=data)

    def _send(self, path: str, host: str, method: str = "GET", **how: Any) -> requests.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        own: dict[str, Any] = {"headers": {"Host": host}, "allow_redirects": False, "timeout": 120}
        return self._session.request(method, url, **own, **how)


def end_processes(folder: Path) -> None:
    """End the services ports and fronts whose files are there."""
    for lock in [*folder.glob("bridges/*/_port.held"), *folder.glob("bridges/*/*.lock")]:
        if owner := owner_of(lock):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(owner["pid"]), signal.SIGTERM)


# A server as an image has it: it listens at the port of its environment. Nodes have no http.server.
SERVER = r"""printf '\211PNG\r\n\032\n' >"$JARVICE_SCREENSHOT"
exec python3 -c 'import os, socket
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", int(os.environ["SINGULARITYENV_JARVICE_SERVICE_PORT"])))
listener.listen()
while True:
    client, _ = listener.accept()
    path = client.recv(65536).split(b" ")[1:2]
    names = {b"/port": "JARVICE_SERVICE_PORT", b"/job": "JOB_JOBID"}
    name = names.get(path[0] if path else b"", "HOME")
    text = os.environ[name]
    client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + text.encode())
    client.close()'"""
SLOW = "sleep 3; " + SERVER


@dataclass
class Upstream:
    """A bridge whose services port ends with the test. ``folder``: has the port's files."""

    service: Service
    folder: Path

    def begin(self, body: str = SERVER, **more: Any) -> Job:
        """Submit an interactive job, and wait until it runs."""
        job = self.service.submit(script(body, JOBOBJ_INTERACTIVE="True"), **more)
        self.service.runs(job)
        return job

    def ask(self, job: Job, method: str) -> requests.Response:
        """What the upstream asks of a job."""
        path = f"/request/{job.name}/{job.number}/{job.jobid}/{method}"
        return self.service.post(path, {"qs": {}})

    def url(self, job: Job) -> str:
        """The address of the job's server; empty while there is none."""
        found: str = self.ask(job, "info").json()["url"]
        return found

    def served(self, job: Job) -> str:
        """The address, once there is one."""
        return eventually(lambda: self.url(job))


@contextlib.contextmanager
def bridge(settings: Mapping[str, str]) -> Iterator[Upstream]:
    """A bridge, and its services port."""
    with tempfile.TemporaryDirectory(prefix="port.") as folder:
        own = {"JARVICE_SERVICES_PORT": "0", "JARVICE_SERVICES_DIR": folder}
        service = Service({"JARVICE_BAREMETAL_EXECUTOR": "native", **settings, **own})
        try:
            yield Upstream(service, Path(folder))
        finally:
            service.stop()
            end_processes(Path(folder))


@contextlib.contextmanager
def local_bridge(place: Path) -> Iterator[Upstream]:
    """A bridge whose jobs run on this machine."""
    settings = {
        "JARVICE_BAREMETAL_CONNECTOR": "local",
        "JARVICE_LOCAL_CORES": "8",
        "JARVICE_STATE_DIR": str(place / "state"),
        "JARVICE_JOB_SCRATCH_DIR": str(place / "scratch"),
    }
    with bridge(settings) as running:
        yield running
