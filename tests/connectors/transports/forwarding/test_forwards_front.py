"""A front whose forwards lead to a node of the real cluster: one address, whatever happens."""

import contextlib
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.cluster import Cluster
from tests.connectors.transports.forwarding.conftest import settings_of
from tests.connectors.transports.openssh.conftest import ANOTHER_PORT, prohibiting
from tests.dssr.services.front.running import PATIENCE, Load, RunningFront, answered, front, until

pytestmark = pytest.mark.cluster
MB = 1 << 20
WEB = "tests.connectors.transports.forwarding.web"
LONG = (pytest.mark.long, pytest.mark.timeout(4000))


@contextmanager
def web_on(site: Cluster, host: str) -> Iterator[tuple[int, int]]:
    """The ports of a web program and of a WebSocket echo in the host's network."""
    words = ["nsenter", "-t", str(site.hosts[host].pid), "-n", sys.executable, "-m", WEB]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            web, sockets = process.stdout.readline().split()
            yield int(web), int(sockets)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def ports(site: Cluster) -> Iterator[tuple[int, int]]:
    """Those on node1."""
    with web_on(site, "node1") as found:
        yield found


@pytest.fixture
def running(site: Cluster, folder: Path) -> Iterator[RunningFront]:
    """A front that has no target yet."""
    settings = settings_of(site, folder)
    with front(folder / "f", forwards="openssh", forward_settings=settings) as made:
        yield made


def aim(running: RunningFront, port: int, name: str = "first", host: str = "node1") -> None:
    """Have it lead to that port, which must be well."""
    answer = running.order("target", name=name, host=host, port=port, within=PATIENCE)
    assert "error" not in answer, answer


def master_of(running: RunningFront) -> int:
    """The process of ssh, once it is connected."""
    found: dict[str, Any] = {}

    def look() -> bool:
        found.update(running.order("status")["forwards"])
        return bool(found["connected"])

    assert until(look)
    return int(found["pid"])


def resident(pid: int) -> float:
    """MB of memory of the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def test_requests_survive_the_master(
    running: RunningFront,
    ports: tuple[int, int],
    record_property: Callable[[str, object], None],
) -> None:
    """The master is killed twenty times under load: no request fails, over kept connections or new
    ones, and the address stays."""
    aim(running, ports[0])
    loads = [Load(running, keeps, 0.1) for keeps in (True, True, False)]
    for _ in range(20):
        os.kill(master_of(running), signal.SIGKILL)
        time.sleep(1.2)
    for load in loads:
        load.stop()
    assert [load.failed for load in loads] == [[], [], []]
    slow = sorted(seconds for load in loads for seconds in load.times)[-20:]
    record_property("figure", f"slowest requests: {statistics.median(slow):.2f} s at a lost master")


def test_a_download_breaks_and_the_next_request_works(
    site: Cluster, running: RunningFront, ports: tuple[int, int]
) -> None:
    """When sshd is killed during a download of 1 GB, that download breaks, and the next request is
    answered."""
    aim(running, ports[0])
    with closing(running.client()) as client:
        client.request("GET", f"/download?{1024 * MB}")
        response = client.getresponse()
        assert len(response.read(MB)) == MB
        site.stop("login", "sshd")
        site.start("login", "sshd")
        assert _rest_of(response) < 1023 * MB
    assert running.get("/whoami").body == b"first"


def _rest_of(response: HTTPResponse) -> int:
    """How many bytes still come."""
    total = 0
    with contextlib.suppress(OSError, HTTPException):
        while part := response.read(MB):
            total += len(part)
    return total


def test_a_hand_over_between_two_nodes(
    site: Cluster, running: RunningFront, ports: tuple[int, int]
) -> None:
    """The address moves to a program on another node, and the old forward is closed after the
    drain."""
    aim(running, ports[0])
    with web_on(site, "node2") as (other, _):
        aim(running, other, "second", "node2")
        assert running.get("/whoami").status == 200
        assert until(lambda: running.order("status")["draining"] == [])
        assert until(lambda: running.order("status")["forwards"]["forwards"] == [f"node2:{other}"])


def test_a_dead_connection_is_noticed(
    site: Cluster,
    folder: Path,
    ports: tuple[int, int],
    record_property: Callable[[str, object], None],
) -> None:
    """When packets to the login node are lost without an answer, as after a sleep or a change of
    networks, the request that waits is answered through the second login node."""
    settings = settings_of(site, folder, "login", "login2")
    with front(folder / "f", forwards="openssh", hold=60, forward_settings=settings) as running:
        aim(running, ports[0])
        site.link("login", up=False)
        try:
            began = time.monotonic()
            with closing(running.client()) as client:
                client.timeout = 2 * PATIENCE
                assert answered(client, "/whoami").body == b"first"
            found = running.order("status")["forwards"]["login_node"]
        finally:
            site.link("login", up=True)
        assert found == site.address_of("login2")
        seconds = time.monotonic() - began
        record_property("figure", f"{seconds:.0f} s until a dead connection is replaced")


def test_large_websocket_messages(running: RunningFront, ports: tuple[int, int]) -> None:
    """WebSocket messages of 16 MB pass through the forward."""
    aim(running, ports[1])
    data = os.urandom(16 * MB)
    address = f"ws://localhost:{running.port}/"
    with connect(address, max_size=None, compression=None, open_timeout=PATIENCE) as client:
        for _ in range(2):
            client.send(data)
            assert client.recv(PATIENCE) == data


@pytest.mark.parametrize("gigabytes", [0.25, pytest.param(8, marks=LONG)])
def test_uploads_pass(
    running: RunningFront,
    ports: tuple[int, int],
    gigabytes: float,
    record_property: Callable[[str, object], None],
) -> None:
    """A large upload arrives whole at the node, and takes neither front nor ssh any memory."""
    aim(running, ports[0])
    parts = int(gigabytes * 1024)
    processes = (running.pid, master_of(running))
    before, block = sum(map(resident, processes)), bytes(MB)
    with closing(running.client()) as client:
        client.timeout = 600
        client.putrequest("POST", "/upload")
        client.putheader("Content-Length", str(parts * MB))
        client.endheaders()
        for _ in range(parts):
            client.send(block)
        assert client.getresponse().read() == str(parts * MB).encode()
    more = sum(map(resident, processes)) - before
    record_property("figure", f"an upload of {gigabytes:g} GB took {more:.1f} MB of memory")
    assert more < 16


@pytest.mark.parametrize("seconds", [3, pytest.param(90, marks=LONG)])
def test_slow_uploads_are_not_cut(
    running: RunningFront, ports: tuple[int, int], seconds: int
) -> None:
    """An upload may take any time, with pauses between its parts."""
    aim(running, ports[0])
    with closing(running.client()) as client:
        client.putrequest("POST", "/upload")
        client.putheader("Content-Length", str(3 * MB))
        client.endheaders()
        for _ in range(3):
            client.send(bytes(MB))
            time.sleep(seconds / 3)
        assert client.getresponse().read() == str(3 * MB).encode()


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(5, 0.5), pytest.param(3, 50, marks=LONG), pytest.param(60, 60, marks=LONG)],
)
def test_event_streams_last(
    running: RunningFront, ports: tuple[int, int], count: int, seconds: float
) -> None:
    """Server-sent events arrive when they are sent, for as long as the program sends them: nothing
    on the way ends a stream that is silent."""
    aim(running, ports[0])
    with closing(running.client()) as client:
        client.timeout = 2 * seconds + PATIENCE
        began = time.monotonic()
        client.request("GET", f"/events?{count},{seconds}")
        response = client.getresponse()
        for number in range(count):
            assert response.readline() == f"data: {number}\n".encode()
            assert time.monotonic() - began >= number * seconds - 0.5
            assert response.readline() == b"\n"
        assert response.read() == b""


def refused(running: RunningFront) -> str:
    """What the front says of a target whose port is closed; ssh may give its reason later."""
    answer = running.order("target", name="a", host="node1", port=9, within=0.5)
    return str(answer["error"])


def test_a_target_whose_port_is_closed(site: Cluster, running: RunningFront) -> None:
    """A target that the login node cannot reach is refused in the login node's words."""
    words = f"{site.address} cannot connect there: Connection refused"
    assert until(lambda: words in refused(running))


def test_a_site_that_forbids_forwards(site: Cluster, folder: Path) -> None:
    """A target that the site's rules forbid is reported as forbidden, not as a closed port."""
    settings = settings_of(site, folder, port=ANOTHER_PORT)
    with (
        prohibiting(site, "login"),
        front(folder / "f", forwards="openssh", forward_settings=settings) as running,
    ):
        words = "a is not ready: Forwarding is forbidden: "
        assert until(lambda: refused(running).startswith(words))


def test_a_killed_front_leaves_no_master(
    site: Cluster, folder: Path, ports: tuple[int, int]
) -> None:
    """When the front is killed, its master ends too; the next front clears up, and works."""
    settings = settings_of(site, folder)
    with front(folder / "f", forwards="openssh", forward_settings=settings) as first:
        aim(first, ports[0])
        master = master_of(first)
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait(PATIENCE)
        assert until(lambda: not Path(f"/proc/{master}").exists())
        with front(folder / "f", forwards="openssh", forward_settings=settings) as second:
            aim(second, ports[0])
            assert second.get("/whoami").body == b"first"
            assert len(list((folder / "f").glob("demo.*/"))) == 1


def test_settings_that_are_wrong_are_said_at_the_start(folder: Path) -> None:
    """A front whose forwards have wrong settings does not start, and says why."""
    with front(folder / "f", forwards="openssh", forward_settings={"hosts": []}) as made:
        assert made.about == {"error": "'hosts' must name a login node."}
        assert made.process.wait(PATIENCE) == 1
