"""Outages of a login node, and how soon commands work again: real faults on a real cluster."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dssr.errors import (
    ConnectFailed,
    TransportError,
)
from dssr.seams import Purpose, Transport
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import Connect, login_to
from tests.connectors.transports.ssh.conftest import (
    until,
)

pytestmark = pytest.mark.cluster

SLACK = 5.0  # seconds over what should be at once, for a slow machine


class TestADeadHost:
    """No caller waits for a dead host."""

    def test_they_share_one_failure(self, site: Cluster, connect: Connect) -> None:
        """Twenty callers share one attempt to reach a silent host, and later callers fail at
        once."""
        transport = connect(login_to(site))
        site.link("login", up=False)
        try:
            with ThreadPoolExecutor(20) as pool:
                began = time.monotonic()
                asked = [pool.submit(transport.run, ["true"], timeout=40) for _ in range(20)]
                assert {type(one.exception(PATIENCE)) for one in asked} == {ConnectFailed}
                assert time.monotonic() - began < 20
                began = time.monotonic()
                asked = [pool.submit(transport.run, ["true"], timeout=40) for _ in range(200)]
                assert {type(one.exception(PATIENCE)) for one in asked} == {ConnectFailed}
                assert time.monotonic() - began < SLACK
        finally:
            site.link("login", up=True)
        assert until(lambda: unharmed(transport))

    def test_an_unused_host_is_not_tried(
        self, site: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An unreachable host is not tried while it is not used, and tried at once when it is."""
        monkeypatch.setattr("connectors.transports.login_node._INTEREST", 0.5)
        others = set(threading.enumerate())  # of transports that other tests have left
        transport = connect(login_to(site))
        site.stop("login", "sshd")
        try:
            with pytest.raises(ConnectFailed):
                transport.run(["true"], timeout=PATIENCE)
            assert until(lambda: set(threading.enumerate()) <= others)
        finally:
            site.start("login", "sshd")
        assert until(lambda: unharmed(transport))


@pytest.mark.parametrize("fault", ["link", "sshd"])
@pytest.mark.parametrize("outage", [1.0, 3.5, 6.5])
def test_how_soon_answers_are_right_again(
    site: Cluster, connect: Connect, fault: str, outage: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bridge finds out by itself that the network or sshd is back, in a second or so."""
    transport = connect(login_to(site))
    assert unharmed(transport)
    with ThreadPoolExecutor(4) as pool:
        over = threading.Event()
        asking = [pool.submit(poll, transport, over) for _ in range(4)]
        try:
            site.link("login", up=False) if fault == "link" else site.stop("login", "sshd")
            time.sleep(outage)
        finally:
            site.link("login", up=True) if fault == "link" else site.start("login", "sshd")
            back = time.monotonic()
        recovered = until(lambda: unharmed(transport))
        seconds = time.monotonic() - back
        over.set()
        assert all(one.result() for one in asking)
    with capsys.disabled():
        print(f"\n{fault} away for {outage:g} s: right again {seconds:.1f} s after its return")
    assert recovered


def poll(transport: Transport, over: threading.Event) -> bool:
    """Query as upstreams do until ``over``; whether every answer was right or an error."""
    while not over.wait(0.1):
        try:
            done = transport.run(["echo", "well"], timeout=9.5, purpose=Purpose.STATUS)
        except TransportError:
            continue
        if done.stdout != b"well\n":
            return False
    return True
