"""Interactive jobs: from a browser to the server that a job runs, on a cluster and here."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cluster import Cluster
from tests.end_to_end.interactive import Browser, end_processes
from tests.end_to_end.service import Job, Service, eventually, script

PNG = b"\x89PNG\r\n\x1a\n"
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
    """A bridge whose services port ends with the test."""

    service: Service

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
            yield Upstream(service)
        finally:
            service.stop()
            end_processes(Path(folder))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """A bridge whose jobs run on this machine."""
    place = tmp_path_factory.mktemp("local")
    settings = {
        "JARVICE_BAREMETAL_CONNECTOR": "local",
        "JARVICE_LOCAL_CORES": "8",
        "JARVICE_STATE_DIR": str(place / "state"),
        "JARVICE_JOB_SCRATCH_DIR": str(place / "scratch"),
    }
    with bridge(settings) as running:
        yield running


@pytest.fixture(scope="module")
def slurm(cluster: Cluster) -> Iterator[Upstream]:
    """A bridge whose jobs run on the cluster."""
    with bridge(cluster.settings()) as running:
        yield running


@pytest.fixture(
    params=["local", pytest.param("slurm", marks=[pytest.mark.cluster, pytest.mark.timeout(240)])]
)
def upstream(request: pytest.FixtureRequest) -> Upstream:
    """Each of the two."""
    found: Upstream = request.getfixturevalue(request.param)
    return found


def test_a_browser_reaches_the_jobs_server(upstream: Upstream) -> None:
    """The address leads to the job's server at its own port, for those who have the token alone,
    and ends with the job."""
    job = upstream.begin()
    url = upstream.served(job)
    browser = Browser(url)
    page = browser.get("/port")
    assert page.status_code == 200
    assert 20000 <= int(page.text) <= 29999
    assert Browser(url.partition("?")[0]).get("/").status_code == 401
    upstream.service.post("/terminate", job.args)
    upstream.service.end_of(job)
    assert upstream.url(job) == ""
    upstream.service.jobids("running")
    eventually(lambda: browser.get("/").status_code, lambda code: code == 404)


def test_the_address_comes_when_the_server_answers(upstream: Upstream) -> None:
    """While the job's server does not answer yet, there is no address to open."""
    job = upstream.begin(SLOW)
    assert upstream.url(job) == ""
    assert Browser(upstream.served(job)).get("/").status_code == 200
    upstream.service.post("/terminate", job.args)


def test_a_screenshot_is_what_the_job_offers(upstream: Upstream) -> None:
    """The screenshot is the image that the job has written; none before, and none after its end."""
    job = upstream.begin(SLOW)
    assert upstream.ask(job, "screenshot").content == b""
    upstream.served(job)
    shown = upstream.ask(job, "screenshot")
    assert (shown.content, shown.headers["Content-Type"]) == (PNG, "image/png")
    upstream.service.post("/terminate", job.args)
    upstream.service.end_of(job)
    assert upstream.ask(job, "screenshot").content == b""


def test_two_jobs_at_once(upstream: Upstream) -> None:
    """Each of two jobs, on one node or two, has its own port, address and token: the cookie of one
    opens nothing of the other."""
    jobs = [upstream.begin(), upstream.begin()]
    urls = [upstream.served(job) for job in jobs]
    first, second = (Browser(url) for url in urls)
    assert [browser.get("/job").text for browser in (first, second)] == [job.jobid for job in jobs]
    assert first.get("/", host=second.host).status_code == 401
    for job in jobs:
        upstream.service.post("/terminate", job.args)


def test_the_address_outlives_the_bridge(upstream: Upstream) -> None:
    """The address works while the bridge is dead, is the same after its restart, and is still taken
    back at the end of the job."""
    job = upstream.begin()
    url = upstream.served(job)
    browser = Browser(url)
    upstream.service.kill()
    assert browser.get("/").status_code == 200
    upstream.service.start()
    assert upstream.served(job) == url
    upstream.service.post("/terminate", job.args)
    upstream.service.end_of(job)
    eventually(lambda: browser.get("/").status_code, lambda code: code == 404)
