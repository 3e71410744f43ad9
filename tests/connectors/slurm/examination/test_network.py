"""The way to a login node that is not there, without a cluster."""

import socket
from collections.abc import Iterator

import pytest

from connectors.slurm.examination.network import first_hops, host_key, name_resolution, tcp
from connectors.slurm.examination.site import Site
from connectors.slurm.settings import SlurmSettings
from connectors.transports.local import LocalTransport
from dssr.seams import Status


def at(address: str) -> Site:
    """A cluster at that address."""
    return Site(SlurmSettings(cluster_address=address), LocalTransport())


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_the_first_host_on_the_way() -> None:
    """With a jump host that one is connected to, and otherwise each login node."""
    direct = SlurmSettings(cluster_address="a,b:23", cluster_port=24)
    through = SlurmSettings(cluster_address="a", ssh_jump=("bob@jump:2222", "second"))
    assert first_hops(direct) == [("a", 24), ("b", 23)]
    assert first_hops(through) == [("jump", 2222)]


def test_a_name_without_an_address() -> None:
    """A name that has no address fails; where another login node has one it is a warning."""
    assert name_resolution(at("localhost")).status is Status.OK
    lost = name_resolution(at("no-such-host.invalid"))
    assert (lost.status, lost.setting) == (Status.FAILURE, "JARVICE_SLURM_CLUSTER_ADDR")
    assert "no-such-host.invalid port 22" in lost.detail
    assert name_resolution(at("no-such-host.invalid,localhost")).status is Status.WARNING


def test_a_port_that_is_closed(port: int) -> None:
    """A port that refuses connections fails."""
    refused = tcp(at("127.0.0.1:1"))
    assert refused.status is Status.FAILURE
    assert "Connection refused" in refused.detail
    assert tcp(at(f"127.0.0.1:{port}")).status is Status.OK
    assert tcp(at(f"127.0.0.1:1,127.0.0.1:{port}")).status is Status.WARNING


def test_on_the_login_node_itself() -> None:
    """Where nothing goes over SSH, the way to the login node need not be examined."""
    for check in (name_resolution, tcp, host_key):
        assert check(at("local")).status is Status.SKIPPED


def test_a_transport_that_shows_no_keys() -> None:
    """Of a transport that shows no host keys, a command that runs says that it trusts them."""
    assert host_key(at("login")).status is Status.OK
