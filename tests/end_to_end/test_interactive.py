"""Interactive jobs: from a browser to the server that a job runs, on a cluster and here."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest

from dssr.services.front.lock import owner_of
from tests.cluster import Cluster
from tests.end_to_end.interactive import (
    SLOW,
    Browser,
    Upstream,
    bridge,
    end_processes,
    local_bridge,
)
from tests.end_to_end.service import eventually, script

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """A bridge whose jobs run on this machine."""
    with local_bridge(tmp_path_factory.mktemp("local")) as running:
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
    assert Browser(urljoin(url, "/")).get("/").status_code == 401
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


def test_all_addresses_are_there_again(upstream: Upstream) -> None:
    """After a reboot of the bridge's machine, the bridge starts the services port, which has the
    same address for the job: the port's number is the only thing that may change, with 0."""
    job = upstream.begin()
    before = upstream.served(job)
    upstream.service.kill()
    end_processes(upstream.folder)
    upstream.service.start()
    (held,) = upstream.folder.glob("bridges/*/_port.held")
    eventually(lambda: owner_of(held))
    now = upstream.served(job)
    assert urlsplit(now).path == urlsplit(before).path
    assert Browser(now).get("/job").text == job.jobid
    upstream.service.post("/terminate", job.args)


@pytest.mark.cluster
def test_the_nodes_of_a_job_have_the_same_ports(slurm: Upstream) -> None:
    """Each node of a job has the ports that the first one has claimed."""
    say = "echo ports $PROCESS_PROCID $JARVICE_SERVICE_PORT $JARVICE_SSH_PORT; "
    job = slurm.service.submit(
        script(f"{say}sleep 2; /bin/echo JARVICE_CMD_SUCCESS", JOBOBJ_INTERACTIVE="True"), nodes=2
    )
    _, _, output, _ = slurm.service.end_of(job)
    lines = [line.split()[1:] for line in output.splitlines() if line.startswith("ports ")]
    assert sorted(rank for rank, *_ in lines) == ["0", "1"]
    assert lines[0][1:] == lines[1][1:]
    assert 20000 <= int(lines[0][1]) <= 29999


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
