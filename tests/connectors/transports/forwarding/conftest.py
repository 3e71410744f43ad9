"""Forwards of OpenSSH to the real cluster, and a program on one of its nodes."""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.transports.forwarding.forwards import OpenSshForwards
from connectors.transports.forwarding.sockets import SocketForwards
from connectors.transports.ssh.forwards import ParamikoForwards
from tests.cluster import Cluster, Options
from tests.cluster.layout import SSH_PLACES
from tests.connectors.transports.openssh.conftest import ANOTHER_PORT

PROGRAM = Path(__file__).with_name("program.py")
Forward = Callable[..., SocketForwards]
KINDS: dict[str, type[OpenSshForwards | ParamikoForwards]] = {
    "openssh": OpenSshForwards,
    "paramiko": ParamikoForwards,
}


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster for the tests of this file alone."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


@contextmanager
def program_on(site: Cluster, host: str) -> Iterator[int]:
    """The port of a program of this machine that listens in the host's network."""
    words = ["nsenter", "-t", str(site.hosts[host].pid), "-n", sys.executable, str(PROGRAM)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@pytest.fixture(scope="module")
def port(site: Cluster) -> Iterator[int]:
    """The port of a program on node1."""
    with program_on(site, "node1") as found:
        yield found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder with a path that is short enough for Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="forwards.") as name:
        yield Path(name)


def settings_of(site: Cluster, folder: Path, *hosts: str, **changes: Any) -> dict[str, Any]:
    """The settings with which ``ssh`` logs in to these hosts."""
    key, known = folder / "key", folder / "known_hosts"
    key.write_text(site.private_key)
    key.chmod(0o600)
    places = [(site.address_of(p.name), site.host_key_of(p.name)) for p in SSH_PLACES]
    lines = [f"{address},[{address}]:{ANOTHER_PORT} {key}\n" for address, key in places]
    known.write_text("".join(lines))
    return {
        "hosts": [site.address_of(host) for host in hosts or ("login",)],
        "user": site.user,
        "identity": str(key),
        "known_hosts": str(known),
        "user_configuration": False,
        **changes,
    }


@contextmanager
def making(kind: str, site: Cluster, folder: Path) -> Iterator[Forward]:
    """``new(host, ..., **changes)``: forwards of that kind, which end with the block."""
    made: list[SocketForwards] = []

    def new(*hosts: str, **changes: Any) -> SocketForwards:
        own = Path(tempfile.mkdtemp(dir=folder))
        made.append(KINDS[kind](settings_of(site, folder, *hosts, **changes), own))
        return made[-1]

    try:
        yield new
    finally:
        for one in made:
            one.stop()


@pytest.fixture
def forwards(site: Cluster, folder: Path) -> Iterator[Forward]:
    """``forwards(host, ..., **changes)``: forwards of OpenSSH that end with the test."""
    with making("openssh", site, folder) as new:
        yield new


@pytest.fixture(params=sorted(KINDS))
def either(request: pytest.FixtureRequest, site: Cluster, folder: Path) -> Iterator[Forward]:
    """Forwards of each kind in its turn."""
    with making(request.param, site, folder) as new:
        yield new


def said(path: Path, words: bytes = b"echo hello\n") -> bytes:
    """The first line that comes back through the forward, or b'' if it is closed before."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(path))
        try:
            client.sendall(words)
            with client.makefile("rb") as file:
                return file.readline()
        except (BrokenPipeError, ConnectionResetError):
            return b""
