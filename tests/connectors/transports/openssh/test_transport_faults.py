"""Masters and login nodes that are lost, on a real cluster."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.transports.openssh import OpensshTransport
from dssr.errors import CommandTimeout, ConnectFailed, TransportError
from dssr.seams import Purpose
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import Connect, masters_in, target
from tests.connectors.transports.ssh.conftest import until, works_again

pytestmark = pytest.mark.cluster

Record = Callable[[str, object], None]
SLACK = 5.0  # seconds over what should be at once, for a slow machine


def ask(transport: OpensshTransport, number: int, over: threading.Event) -> tuple[int, int]:
    """Ask until ``over``; how many answers were right, and how many were wrong."""
    right = wrong = count = 0
    while not over.is_set():
        count += 1
        word = f"{number} {count}"
        with contextlib.suppress(TransportError):
            done = transport.run(["sh", "-c", 'echo "$1"; exit 7', "sh", word], timeout=9.0)
            is_right = (done.returncode, done.stdout) == (7, f"{word}\n".encode())
            right, wrong = right + is_right, wrong + (not is_right)
    return right, wrong


def test_a_master_that_is_killed_under_load(
    site: Cluster, connect: Connect, directory: str, record_property: Record
) -> None:
    """A master killed twenty times makes no answer wrong, and the next one serves soon."""
    transport = connect(target(site))
    assert unharmed(transport)
    over, waits = threading.Event(), list[float]()
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, transport, number, over) for number in range(4)]
        try:
            for _ in range(20):
                time.sleep(0.1)
                [pid] = masters_in(directory)
                os.kill(pid, signal.SIGKILL)
                began = time.monotonic()
                assert works_again(transport, SLACK)
                waits.append(time.monotonic() - began)
        finally:
            over.set()
        answers = [one.result(PATIENCE) for one in asking]
    assert sum(wrong for _, wrong in answers) == 0
    assert sum(right for right, _ in answers) > 0
    record_property(
        "figure",
        f"commands over OpenSSH work {sorted(waits)[10]:.2f} s after their master was killed, "
        f"{max(waits):.2f} s at most",
    )


def test_a_command_whose_master_is_killed(site: Cluster, connect: Connect, directory: str) -> None:
    """A command that ran when its master was killed may have run; a read is sent again."""
    transport = connect(target(site))
    assert unharmed(transport)
    with ThreadPoolExecutor(1) as pool:
        for purpose, error in ((Purpose.SUBMIT, CommandTimeout), (Purpose.STATUS, None)):
            script = f"if [ -e was{purpose} ]; then echo again; else : >was{purpose}; sleep 20; fi"
            asked = pool.submit(
                transport.run, ["sh", "-c", script], timeout=PATIENCE, purpose=purpose
            )
            path = site.path(f"/home/jarvice/was{purpose}")
            assert until(path.exists)
            [pid] = masters_in(directory)
            os.kill(pid, signal.SIGKILL)
            if error is None:
                assert asked.result(PATIENCE).stdout == b"again\n"
            else:
                assert isinstance(asked.exception(PATIENCE), error)
            path.unlink()


def test_a_master_that_hangs_is_replaced(site: Cluster, connect: Connect, directory: str) -> None:
    """A master that answers no more is given up after a command's deadline, and replaced."""
    transport = connect(target(site), connect_timeout=4.0)
    assert unharmed(transport)
    [pid] = masters_in(directory)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(TransportError):
            transport.run(["true"], timeout=2)
        assert works_again(transport)
        assert pid not in masters_in(directory)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_host_without_further_sessions(site: Cluster, connect: Connect) -> None:
    """Commands share the sessions that sshd grants, and none makes a connection of its own."""
    transport = connect(target(site))
    with ThreadPoolExecutor(16) as pool:
        done = pool.map(lambda _: unharmed(transport), range(64))
        assert all(done)
    assert transport.counters.connections == 1
    assert transport.counters.channels <= 6


def test_two_transports_share_the_sessions(site: Cluster, connect: Connect) -> None:
    """Two transports to one master have no more sessions open than sshd grants, and all of their
    commands run."""
    transports = [connect(target(site)), connect(target(site))]
    most, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            running = [p for p in site.processes("login") if p.command == "sleep 1.0625"]
            most.append(len(running))

    with ThreadPoolExecutor(17) as pool:
        watching = pool.submit(watch)
        done = pool.map(
            lambda n: transports[n % 2].run(["sleep", "1.0625"], timeout=PATIENCE).returncode,
            range(16),
        )
        assert list(done) == [0] * 16
        over.set()
        watching.result()
    assert 4 < max(most) <= 8
    assert sum(transport.counters.connections for transport in transports) == 1


class TestSeveralNodes:
    """The first node that can be reached is used."""

    def where(self, transport: OpensshTransport) -> str:
        """The node on which a command runs."""
        return transport.run(["uname", "-n"], timeout=PATIENCE).stdout.decode().strip()

    def test_one_that_does_not_listen_is_passed_over(self, site: Cluster, connect: Connect) -> None:
        """A node that does not listen is skipped at once, and used again once it listens."""
        transport = connect(target(site), target(site, "login2"))
        assert self.where(transport) == "login"
        site.stop("login", "sshd")
        try:
            assert until(lambda: self.where(transport) == "login2")
        finally:
            site.start("login", "sshd")
        assert until(lambda: self.where(transport) == "login")

    def test_one_that_is_silent_takes_a_part_of_the_time(
        self, site: Cluster, connect: Connect
    ) -> None:
        """A silent node takes a part of the first caller's time, and none of the next callers'."""
        transport = connect(target(site), target(site, "login2"))
        site.link("login", up=False)
        try:
            assert transport.run(["uname", "-n"], timeout=8).stdout == b"login2\n"
            began = time.monotonic()
            assert [self.where(transport) for _ in range(10)] == ["login2"] * 10
            assert time.monotonic() - began < SLACK
        finally:
            site.link("login", up=True)
        assert until(lambda: self.where(transport) == "login")

    def test_a_silent_connection_is_noticed(self, site: Cluster, connect: Connect) -> None:
        """A read whose node falls silent asks the next node well before its deadline."""
        transport = connect(target(site), target(site, "login2"))
        assert self.where(transport) == "login"
        site.link("login", up=False)
        try:
            began = time.monotonic()
            done = transport.run(["uname", "-n"], timeout=40, purpose=Purpose.STATUS)
            assert done.stdout == b"login2\n"
            assert time.monotonic() - began < 20
        finally:
            site.link("login", up=True)
        assert until(lambda: self.where(transport) == "login")

    def test_none_can_be_reached(self, site: Cluster, connect: Connect) -> None:
        """The error names all nodes."""
        transport = connect(target(site, port=23), target(site, "login2", port=24))
        with pytest.raises(ConnectFailed, match=r"port 23: Connection refused.*port 24: Conn"):
            transport.run(["true"], timeout=PATIENCE)


@pytest.mark.parametrize("fault", ["link", "sshd"])
def test_how_soon_answers_are_right_again(
    site: Cluster, connect: Connect, fault: str, record_property: Record
) -> None:
    """The bridge finds out by itself that the network or sshd is back."""
    transport = connect(target(site))
    assert unharmed(transport)
    over = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask, transport, number, over) for number in range(2)]
        try:
            site.link("login", up=False) if fault == "link" else site.stop("login", "sshd")
            time.sleep(3.5)
        finally:
            site.link("login", up=True) if fault == "link" else site.start("login", "sshd")
            back = time.monotonic()
        assert until(lambda: unharmed(transport))
        seconds = time.monotonic() - back
        over.set()
        assert [one.result(PATIENCE)[1] for one in asking] == [0, 0]
    record_property(
        "figure", f"{fault} away for 3.5 s: right over OpenSSH {seconds:.1f} s after its return"
    )


def test_they_share_one_failure(site: Cluster, connect: Connect) -> None:
    """Twenty callers share one attempt to reach a silent host; later callers fail at once."""
    transport = connect(target(site))
    site.link("login", up=False)
    try:
        with ThreadPoolExecutor(20) as pool:
            asked = [pool.submit(transport.run, ["true"], timeout=40) for _ in range(20)]
            assert {type(one.exception(PATIENCE)) for one in asked} == {ConnectFailed}
            began = time.monotonic()
            asked = [pool.submit(transport.run, ["true"], timeout=40) for _ in range(200)]
            assert {type(one.exception(PATIENCE)) for one in asked} == {ConnectFailed}
            assert time.monotonic() - began < SLACK
    finally:
        site.link("login", up=True)
    assert until(lambda: unharmed(transport))
