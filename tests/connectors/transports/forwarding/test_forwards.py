"""Forwards to a node of the real cluster."""

import contextlib
import os
import signal
import socket
import stat
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.transports.forwarding.forwards import OpenSshForwards
from connectors.transports.forwarding.sockets import SocketForwards
from dssr.errors import BadRequest, ConnectFailed, HostKeyRefused, LoginRefused, SettingsError
from tests.cluster import Cluster
from tests.connectors.transports.forwarding.conftest import Forward, program_on, said
from tests.connectors.transports.openssh.conftest import ANOTHER_PORT, prohibiting

pytestmark = pytest.mark.cluster


def pid_of(made: SocketForwards) -> int:
    """The master's process."""
    return int(made.status()["pid"] or 0)


def works(path: Path, patience: float = 30) -> float:
    """Seconds until a connection through the forward is answered."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        try:
            if said(path) == b"hello\n":
                return time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.01)
    raise AssertionError(f"no answer within {patience} s")


def test_a_port_of_a_node(site: Cluster, either: Forward, port: int) -> None:
    """A forward is a socket that leads to the node's port, and that no other user can open."""
    made = either()
    path = made.open("node1", port)
    assert said(path) == b"hello\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.open("node1", port) == path
    assert made.status()["login_node"] == site.address


def test_two_ports_have_a_socket_each(either: Forward, site: Cluster, port: int) -> None:
    """Forwards of one login node share one master, and none is in the way of another."""
    made = either()
    with program_on(site, "node2") as other:
        paths = [made.open("node1", port), made.open("node2", other)]
        assert [said(path) for path in paths] == [b"hello\n"] * 2
        assert made.status()["logins"] == 1


def test_a_closed_forward_lets_open_connections_go_on(either: Forward, port: int) -> None:
    """After ``close``, new connections are refused; open ones carry bytes."""
    made = either()
    path = made.open("node1", port)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(path))
        client.sendall(b"echo a\n")
        assert client.recv(10) == b"a\n"
        made.close("node1", port)
        made.close("node1", port)
        with pytest.raises(OSError, match=r"No such file|refused"):
            said(path)
        client.sendall(b"b")
        assert client.recv(10) == b"b"


def test_a_half_close_passes(either: Forward, port: int) -> None:
    """The end of what a client sends arrives, and the answer after it comes back."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(str(either().open("node1", port)))
        client.sendall(b"take\n" + b"x" * 1_000_000)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"1000000\n"


def test_a_way_through_a_jump_host(site: Cluster, either: Forward, port: int) -> None:
    """A forward leads through a jump host, with a key for it."""
    jump = f"{site.user}@{site.address_of('jump')}"
    made = either(identity="", keys=[site.private_key], jump_keys=[site.private_key], jump=jump)
    assert said(made.open("node1", port)) == b"hello\n"


def test_through_a_jump_host(site: Cluster, forwards: Forward, port: int) -> None:
    """A forward works through a jump host; when both processes are gone, both come back."""
    made = forwards(jump=f"{site.user}@{site.address_of('jump')}")
    path = made.open("node1", port)
    assert said(path) == b"hello\n"
    os.kill(pid_of(made), signal.SIGKILL)
    works(path)


def test_a_key_that_is_on_no_disk(site: Cluster, forwards: Forward, port: int) -> None:
    """With a key from memory, ssh logs in through the forwards' own agent, at a jump host too."""
    jump = f"{site.user}@{site.address_of('jump')}"
    made = forwards(identity="", keys=[site.private_key], jump=jump)
    path = made.open("node1", port)
    assert said(path) == b"hello\n"
    texts = [file.read_text() for file in path.parent.iterdir() if file.is_file()]
    assert texts
    assert "PRIVATE KEY" not in "".join(texts)


def test_the_first_login_node_is_down(site: Cluster, either: Forward, port: int) -> None:
    """When the first login node does not answer, the second is used."""
    site.stop("login", "sshd")
    try:
        made = either("login", "login2")
        assert said(made.open("node1", port)) == b"hello\n"
        assert made.status()["login_node"] == site.address_of("login2")
    finally:
        site.start("login", "sshd")


def test_the_master_is_killed_again_and_again(
    forwards: Forward, port: int, record_property: Callable[[str, object], None]
) -> None:
    """The master is killed under load: there is a new one at the same address each time, and what
    is answered is answered right."""
    made = forwards()
    path = made.open("node1", port)
    stopping, wrong = threading.Event(), []

    def load() -> None:
        while not stopping.is_set():
            try:
                answer = said(path)
            except OSError:
                continue
            if answer not in (b"hello\n", b""):
                wrong.append(answer)

    loaders = [threading.Thread(target=load) for _ in range(2)]
    for loader in loaders:
        loader.start()
    silences = []
    try:
        for _ in range(20):
            os.kill(pid_of(made), signal.SIGKILL)
            silences.append(works(path))
            time.sleep(1.0)  # two logins are a second apart
    finally:
        stopping.set()
        for loader in loaders:
            loader.join()
    assert wrong == []
    median = statistics.median(silences)
    record_property("figure", f"no answer for {median:.2f} s after the death of a master (median)")
    assert max(silences) < 30


def test_sshd_is_killed(site: Cluster, either: Forward, port: int) -> None:
    """When sshd is killed with all sessions and comes back, so does the forward."""
    made = either()
    path = made.open("node1", port)
    site.stop("login", "sshd")
    site.start("login", "sshd")
    works(path)


def test_a_closed_port_is_refused_and_a_forbidden_one_is_forbidden(
    site: Cluster, either: Forward
) -> None:
    """The forward says why a connection was refused: by the node, or by the site's rules."""
    made = either()
    began = time.monotonic()
    assert said(made.open("node1", 9)) == b""
    assert refusal(made, began).startswith(f"{site.address} cannot connect there: Connect")
    with prohibiting(site, "login"):
        made, began = either(port=ANOTHER_PORT), time.monotonic()
        assert said(made.open("node1", 9)) == b""
        assert refusal(made, began).startswith("Forwarding is forbidden: ")


def refusal(made: SocketForwards, since: float) -> str:
    """The reason, which ssh writes a moment after it has closed the connection."""
    deadline = time.monotonic() + 30
    while not (found := made.refusal(since)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def test_logins_that_fail_say_why(either: Forward, folder: Path) -> None:
    """A wrong user, an unknown host key and a closed port are errors of their own."""
    with pytest.raises(LoginRefused, match=r"cannot log in|does not let 'mallory' in"):
        either(user="mallory").open("node1", 1)
    with pytest.raises(ConnectFailed, match="Cannot connect to"):
        either(port=23).open("node1", 1)
    (folder / "none").write_text("")
    with pytest.raises(HostKeyRefused, match="No trusted host key"):
        either(known_hosts=str(folder / "none")).open("node1", 1)


@pytest.mark.parametrize("host", ["", "-oProxyCommand=x", "a b", "/tmp/x", "a\nb"])
def test_only_hosts_are_hosts(either: Forward, host: str) -> None:
    """What is no name or address of a host is refused before ssh sees it."""
    with pytest.raises(BadRequest):
        either().open(host, 80)


def test_a_long_path_is_refused(folder: Path) -> None:
    """A folder in which no socket can be made is refused when the forwards are made."""
    with pytest.raises(SettingsError, match="too long for a socket"):
        OpenSshForwards({"hosts": ["login"]}, folder / ("x" * 80))


def test_two_hundred_connections_at_once(either: Forward, port: int) -> None:
    """Many connections are open at once, and each carries its own bytes."""
    path = either().open("node1", port)
    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(200)]
        for number, client in enumerate(clients):
            client.connect(str(path))  # waits for room among those that wait
            client.settimeout(60)
            client.sendall(b"echo %d\n" % number)
        answers = [client.recv(10) for client in clients]
    assert answers == [b"%d\n" % number for number in range(200)]


def test_nothing_is_left(forwards: Forward, port: int) -> None:
    """After ``stop``, master and folder are gone; a second ``stop`` does nothing."""
    made = forwards()
    path, pid = made.open("node1", port), pid_of(made)
    made.stop()
    made.stop()
    assert not path.parent.exists()
    assert subprocess.run(["ps", "-p", str(pid)], capture_output=True).returncode == 1
