"""The ports that interactive jobs claim, by real processes."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from connectors.shared.interactive import Served, claim
from dssr.job import JobSpec

RANGE = (23100, 23109)
SPEC = JobSpec("a", 1, 1, "", "", interactive=True, ports=RANGE)
SAY = 'echo "$JARVICE_SERVICE_PORT $JARVICE_SSH_PORT"; exec sleep 60'


@contextmanager
def step(directory: Path, rank: int = 0, path: str = os.environ["PATH"]) -> Iterator[list[int]]:
    """The two ports that a job's step has, while it runs."""
    directory.mkdir(exist_ok=True)
    places = {"DSSR_JOB_DIR": str(directory), "DSSR_WORK_DIR": str(directory / "work")}
    environment = {**places, "PROCESS_PROCID": str(rank), "PROCESS_NODENAME": "n1", "PATH": path}
    with subprocess.Popen(
        ["/bin/bash", "-c", f"{claim(SPEC)}\n{SAY}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield [int(word) for word in process.stdout.readline().split()]
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def can_be_bound(port: int, reuses: bool) -> bool:
    """Whether a program can listen there; ``reuses``: as servers do, with SO_REUSEADDR."""
    with closing(socket.socket()) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuses))
        try:
            made.bind(("", port))
            made.listen()
        except OSError:
            return False
        return True


def test_jobs_on_one_node_never_have_the_same_ports(tmp_path: Path) -> None:
    """Five jobs take all ten ports of the range, each two; the next one says that none is left,
    and has those of the contract."""
    with ExitStack() as stack:
        taken = [stack.enter_context(step(tmp_path / str(n))) for n in range(5)]
        assert sorted(port for pair in taken for port in pair) == list(range(23100, 23110))
        assert stack.enter_context(step(tmp_path / "6")) == [2228, 2227]


def test_a_claimed_port_is_the_jobs_alone(tmp_path: Path) -> None:
    """The job's server can listen at its port, as servers do; a program that takes what is free
    cannot. The claim ends with the job."""
    with step(tmp_path) as (service, _):
        assert can_be_bound(service, reuses=True)
        assert not can_be_bound(service, reuses=False)
    until = time.monotonic() + 10
    while not can_be_bound(service, reuses=False):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_job_says_where_its_server_is(tmp_path: Path) -> None:
    """The job's own file has node, port, a token and the screenshot's path, for its user alone."""
    with step(tmp_path) as (service, _):
        file = tmp_path / "served.0"
        served = Served.parse(file.read_text())
    assert served is not None
    assert (served.node, served.port) == ("n1", service)
    assert served.screenshot == str(tmp_path / "work" / "screenshot.png")
    assert len(served.token) >= 32
    assert file.stat().st_mode & 0o077 == 0


def test_the_other_nodes_wait_for_the_whole_file(tmp_path: Path) -> None:
    """A file that the first node is still writing is not read."""
    (tmp_path / "served.0.new").touch()
    write = threading.Timer(1.5, (tmp_path / "served.0").write_text, ["n1 23100 token 23101\n"])
    write.start()
    with step(tmp_path, 1) as ports:
        assert ports == [23100, 23101]
    write.join()


def test_all_nodes_of_a_job_have_the_same_ports(tmp_path: Path) -> None:
    """The other nodes wait for the ports of the first one, and use these."""
    with step(tmp_path) as first:
        pass
    with step(tmp_path, rank=1) as other:
        assert other == first


def test_a_node_without_python(tmp_path: Path) -> None:
    """Where nothing can hold a port, the job has the contract's, and its address all the same."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("readlink", "head", "base64", "tr", "mv", "sleep", "ls"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    with step(tmp_path / "job", path=str(tools)) as ports:
        served = Served.parse((tmp_path / "job" / "served.0").read_text())
    assert ports == [2228, 2227]
    assert served is not None
    assert served.port == 2228


@pytest.mark.parametrize("text", ["", "n1 80 token", "n1 x token 22\n/p", "one two"])
def test_a_file_that_is_not_whole_says_nothing(text: str) -> None:
    """A file that lacks a word names no server."""
    assert Served.parse(text) is None
