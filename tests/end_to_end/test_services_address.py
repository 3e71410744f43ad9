"""The address of a service on the real cluster: what it survives, and hand-overs without a gap."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cluster import Cluster, Options
from tests.end_to_end.laptop import Clients, Document, Laptop, Leading, get
from tests.end_to_end.service import eventually
from tests.end_to_end.web_service import PROGRAM

Figure = Callable[[str, object], None]
MB = 1 << 20
NAME = "lasting"
QUICK = ("--walltime", "10m", "--heartbeat", "1s")


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster for the tests of this file alone."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


@pytest.fixture(scope="module")
def laptop(site: Cluster) -> Iterator[Laptop]:
    """A person's machine, for all tests of this file."""
    made = Laptop(site)
    yield made
    made.end()


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The web program."""
    path = tmp_path_factory.mktemp("program") / "web.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture(scope="module")
def leading(laptop: Laptop, script: Path) -> Leading:
    """The command that leads to the service."""
    made = laptop.lead("up", NAME, str(script), *QUICK)
    made.ready()
    return made


@pytest.fixture
def found(laptop: Laptop, leading: Leading) -> Document:
    """The service, as it is before a test."""
    return laptop.until(NAME, lambda one: one["state"] == "ready" and one["url"])


def answered_by_another(url: str, job: str) -> None:
    """Each request is answered, and before long by another job: Slurm takes a moment to end one."""

    def look() -> str:
        status, answer = get(url, timeout=120)
        assert status == 200, answer
        return answer

    eventually(look, lambda answer: answer != job)


def test_a_download_breaks_and_the_next_request_works(
    site: Cluster, found: Document, record_property: Figure
) -> None:
    """When sshd is killed during a download of 1 GB, that download breaks, and the next request is
    answered."""
    place = urlsplit(found["url"])
    with socket.create_connection((place.hostname, place.port), timeout=60) as client:
        client.sendall(b"GET /download HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert len(client.recv(MB))
        site.stop("login", "sshd")
        site.start("login", "sshd")
        began = time.monotonic()
        assert get(found["url"]) == (200, found["job"])
        record_property("figure", f"{time.monotonic() - began:.2f} s for a request without sshd")
        received = 0
        try:
            while part := client.recv(MB):
                received += len(part)
        except ConnectionResetError:
            pass
        assert received < 1024 * MB


def test_the_command_is_killed_and_started_again(
    laptop: Laptop, leading: Leading, found: Document
) -> None:
    """The address works while no command leads to it, and the next one takes it over."""
    leading.end(signal.SIGKILL)
    assert get(found["url"]) == (200, found["job"])
    assert laptop.lead("connect", NAME).ready()["url"] == found["url"]
    assert get(found["url"]) == (200, found["job"])


def test_the_job_is_cancelled_from_outside(site: Cluster, found: Document) -> None:
    """A request that comes when the job has been cancelled is answered by its successor."""
    site.run("login", ["/usr/bin/scancel", found["job"]])
    answered_by_another(found["url"], found["job"])


def test_the_node_is_set_down(site: Cluster, found: Document) -> None:
    """A request that comes when the job's node is down is answered by a job on another one."""
    node = f"nodename={found['node']}"
    site.run("login", ["/usr/bin/scontrol", "update", node, "state=down", "reason=test"])
    try:
        answered_by_another(found["url"], found["job"])
    finally:
        site.run("login", ["/usr/bin/scontrol", "update", node, "state=resume"])


def test_the_front_is_stopped_for_a_while(laptop: Laptop, found: Document) -> None:
    """After a sleep of this machine, requests at the address are answered."""
    front = _front(laptop)
    os.kill(front, signal.SIGSTOP)
    time.sleep(3)
    os.kill(front, signal.SIGCONT)
    assert get(found["url"]) == (200, found["job"])


def test_the_front_is_killed(laptop: Laptop, found: Document) -> None:
    """A front that was killed is replaced at the same port."""
    os.kill(_front(laptop), signal.SIGKILL)

    def answers() -> bool:
        try:
            return get(found["url"]) == (200, found["job"])
        except OSError:
            return False

    eventually(answers)


def _front(laptop: Laptop) -> int:
    (lock,) = laptop.home.glob(f"dssr-*/fronts/*/{NAME}.lock")
    number = re.search(r'"pid": (\d+)', lock.read_text())
    assert number is not None
    return int(number[1])


def test_no_request_fails_at_a_hand_over(
    laptop: Laptop, found: Document, record_property: Figure
) -> None:
    """Clients that send a request every 100 ms, over kept connections and over new ones, see no
    failure while the service hands over twice."""
    clients = Clients(found["url"])
    for number in (1, 2):
        eventually(lambda: len(clients.jobs), number.__eq__)
        assert laptop.run("restart", NAME).returncode == 0
    eventually(lambda: len(clients.jobs), (3).__eq__)
    clients.stop()
    assert clients.failed == []
    record_property(
        "figure", f"{clients.count} requests, the slowest {clients.slowest:.2f} s, at 2 hand-overs"
    )


def test_a_stream_stays_with_its_job(
    laptop: Laptop, found: Document, record_property: Figure
) -> None:
    """A download that is under way at a hand-over goes on at the old job, which ends with it: then
    the service is ready again, long before the minute in which a client might look."""
    place = urlsplit(found["url"])
    with socket.create_connection((place.hostname, place.port), timeout=60) as client:
        client.sendall(b"GET /download HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(MB)
        assert laptop.run("restart", NAME).returncode == 0
        answered_by_another(found["url"], found["job"])
        received = 0
        while received < 64 * MB:
            part = client.recv(MB)
            assert part
            received += len(part)
        assert laptop.status(NAME)["state"] == "handing-over"
    began = time.monotonic()
    laptop.until(NAME, lambda one: one["state"] == "ready")
    record_property("figure", f"{time.monotonic() - began:.1f} s until the old job has ended")


def test_a_successor_that_never_becomes_healthy(
    laptop: Laptop, script: Path, found: Document
) -> None:
    """A new script that fails leaves the healthy job as it is. ``up`` waits for that, says why, and
    does not succeed, also in the background."""
    clients = Clients(found["url"])
    mode = ("--env", "MODE=dies", "--daemonize")
    done = laptop.run("up", NAME, str(script), *mode, *QUICK)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.search(r"does not hand over\. Generation \d failed\. The program ended", done.stderr)
    assert f"Job {found['job']} goes on as before." in done.stderr
    failed = laptop.until(NAME, lambda one: "ended: failed" in _what(one))
    clients.stop()
    assert clients.failed == []
    assert clients.jobs == {found["job"]}
    assert failed["job"] == found["job"]


def test_a_job_that_can_never_start(laptop: Laptop, script: Path) -> None:
    """``up`` says that a job waits for ever, why, and what to do; with other options it starts
    another one."""
    done = laptop.run("up", "stuck", str(script), *QUICK, "--walltime", "20m", "--", "-p", "short")
    assert done.returncode == 1
    assert "can never start as it is. The job's time limit is longer than its" in done.stderr
    assert "a shorter time limit (--time), or in another partition." in done.stderr
    assert laptop.lead("up", "stuck", str(script), *QUICK).ready()["generation"] == 2


def _what(one: Document) -> str:
    return " ".join(incident["what"] for incident in one["incidents"])


def test_without_overlap_callers_wait(
    laptop: Laptop, script: Path, record_property: Figure
) -> None:
    """Where two jobs may not run at once, a hand-over is a slow response and no failure."""
    first = laptop.lead("up", "alone", str(script), "--no-overlap", *QUICK).ready()
    clients = Clients(first["url"])
    assert laptop.run("restart", "alone").returncode == 0
    eventually(lambda: len(clients.jobs) == 2)
    clients.stop()
    assert clients.failed == []
    record_property("figure", f"{clients.slowest:.1f} s without an answer, without overlap")


@pytest.mark.long
def test_the_laptop_sleeps_for_a_minute(laptop: Laptop, found: Document) -> None:
    """After a minute in which neither the front nor its ssh has run, requests are answered."""
    front = _front(laptop)
    tasks = Path(f"/proc/{front}/task").glob("*/children")
    asleep = [front, *(int(pid) for task in tasks for pid in task.read_text().split())]
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(60)
    for pid in asleep:
        os.kill(pid, signal.SIGCONT)
    assert get(found["url"]) == (200, found["job"])


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_minutes_of_hand_overs(laptop: Laptop, script: Path, record_property: Figure) -> None:
    """For ten minutes of jobs that may run for 90 seconds, no request fails."""
    options = ("--walltime", "90s", "--heartbeat", "2s")
    found = laptop.lead("up", "tens", str(script), *options).ready()
    clients = Clients(found["url"])
    time.sleep(600)
    clients.stop()
    assert clients.failed == []
    assert len(clients.jobs) > 5
    record_property(
        "figure",
        f"{clients.count} requests to {len(clients.jobs)} jobs in ten minutes, the slowest "
        f"{clients.slowest:.2f} s",
    )
