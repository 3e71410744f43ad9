"""Whether a login node forwards connections, on real ones."""

import pytest

from connectors.transports.openssh import Forwarding
from dssr.errors import ConnectFailed
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import ANOTHER_PORT, Connect, prohibiting, target

pytestmark = pytest.mark.cluster


def test_a_forward_that_is_allowed(site: Cluster, connect: Connect) -> None:
    """A place that takes the connection is open; one that refuses it is unreachable, with ssh's
    words."""
    transport = connect(target(site))
    node = site.address_of("login2")
    assert transport.probe_forward(node, 22, 10).forwarding is Forwarding.OPEN
    closed = transport.probe_forward(node, 23, 10)
    assert closed.forwarding is Forwarding.UNREACHABLE
    assert "Connection refused" in closed.words
    assert transport.counters.connections == 1


def test_a_forward_that_is_prohibited(site: Cluster, connect: Connect) -> None:
    """An sshd that prohibits forwards is reported as that, each time it is asked."""
    with prohibiting(site, "login"):
        transport = connect(target(site, port=ANOTHER_PORT))
        for _ in range(2):
            found = transport.probe_forward(site.address_of("login2"), 22, 10)
            assert found.forwarding is Forwarding.PROHIBITED
            assert "administratively prohibited" in found.words


def test_a_place_that_is_silent(site: Cluster, connect: Connect) -> None:
    """A place that does not answer in time is neither open nor prohibited."""
    transport = connect(target(site))
    site.link("login2", up=False)
    try:
        with pytest.raises(ConnectFailed, match=r"did not connect to .* in 1 s"):
            transport.probe_forward(site.address_of("login2"), 22, 1)
    finally:
        site.link("login2", up=True)


def test_without_a_connection(site: Cluster, connect: Connect) -> None:
    """Where no node lets us in, the error is that of the login."""
    with pytest.raises(ConnectFailed, match="Connection refused"):
        connect(target(site, port=23)).probe_forward("x", 22, 5)
