"""The way to a login node that is not there, without a cluster."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from connectors.slurm.examination.network import first_hops, host_key, name_resolution, tcp
from connectors.slurm.examination.site import Site
from connectors.slurm.settings import SlurmSettings
from connectors.transports.local import LocalTransport
from dssr.seams import Finding, HostKeyState, PresentedKey, PresentingHost, Status
from tests.connectors.transports.ssh.impostor import made


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


class Presenting(LocalTransport):
    """A login node that presents a key in this state. ``problem``: of another one."""

    def __init__(self, state: HostKeyState, problem: str = "") -> None:
        super().__init__()
        self.state, self.problem = state, problem

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``."""
        key = made("ssh-ed25519")
        shown = PresentedKey(key.kind, key.text, key.fingerprint, self.state)
        hosts = [PresentingHost("login:22", "login", (shown,))]
        return hosts + [PresentingHost("other:22", "other", (), self.problem)] * bool(self.problem)


def presenting(state: HostKeyState, **settings: str) -> Finding:
    """What is found of a login node's key in that state."""
    chosen = replace(SlurmSettings(cluster_address="login"), **settings)  # type: ignore[arg-type]
    return host_key(Site(chosen, Presenting(state)))


def test_keys_in_a_file_of_known_hosts() -> None:
    """The cure of an unknown key is a line of the file; an old key is removed from it first. With
    the setting that learns keys, an unknown one is a warning."""
    new, changed = HostKeyState.UNKNOWN, HostKeyState.CHANGED
    line = f"echo 'login {made('ssh-ed25519').text}' >>/hosts"
    assert presenting(HostKeyState.TRUSTED).status is Status.OK
    assert presenting(new, ssh_known_hosts="/hosts").cure.endswith(f"agree:\n{line}")
    removal = "ssh-keygen -R 'login' -f /hosts"
    assert presenting(changed, ssh_known_hosts="/hosts").cure.endswith(f"{removal}\n{line}")
    learning = {"ssh_known_hosts": "/hosts", "ssh_host_key_check": "first_use"}
    assert presenting(new, **learning).status is Status.WARNING
    assert presenting(changed, **learning).status is Status.FAILURE


def test_a_revoked_key() -> None:
    """A revoked key fails, and no line to paste trusts it."""
    found = presenting(HostKeyState.REVOKED)
    assert (found.status, "is revoked" in found.detail) == (Status.FAILURE, True)
    assert made("ssh-ed25519").text not in found.cure


def test_one_of_two_login_nodes_is_away() -> None:
    """A login node that shows no key is a warning where another one is trusted."""
    settings = SlurmSettings(cluster_address="login,other")
    trusted, unknown = (
        host_key(Site(settings, Presenting(state, "No answer.")))
        for state in (HostKeyState.TRUSTED, HostKeyState.UNKNOWN)
    )
    assert (trusted.status, "other:22: No answer." in trusted.detail) == (Status.WARNING, True)
    assert unknown.status is Status.FAILURE
