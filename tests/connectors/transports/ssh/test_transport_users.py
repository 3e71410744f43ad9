"""One bridge that logs in as many users: what they share, and what each has alone."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from connectors.transports.budget import Budget
from connectors.transports.keys import PrivateKey, private_key
from connectors.transports.shared_budget import SharedBudget
from connectors.transports.ssh import SshTransport
from dssr.errors import ConnectFailed, LoginRefused
from dssr.testing.transport import PATIENCE
from tests.cluster import Cluster
from tests.connectors.transports.conftest import Connect, login_to, trusting
from tests.connectors.transports.test_backoff import Clock

pytestmark = pytest.mark.cluster


def wrong_key() -> PrivateKey:
    """A key that no account accepts."""
    key = ed25519.Ed25519PrivateKey.generate()
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return private_key(key.private_bytes(*form).decode())


def who(transport: SshTransport) -> str:
    return transport.run(["id", "-un"], timeout=PATIENCE).stdout.decode().strip()


def test_another_user_of_the_same_hosts(cluster: Cluster, connect: Connect) -> None:
    """Another user has the same hosts and jump hosts, and the same counters."""
    verifier = trusting(f"{cluster.host_key},{cluster.host_key_of('jump')}")
    jump = replace(
        login_to(cluster),
        host=cluster.address_of("jump"),
        verifier=verifier,
        user="bob",
        is_jump=True,
    )
    service = connect(login_to(cluster, verifier=verifier, jumps=(jump,)))
    alice = service.as_user("alice", private_key(cluster.private_key), Budget(9, Clock()))
    assert (who(service), who(alice)) == ("jarvice", "alice")
    assert service.counters.connections == alice.counters.connections == 4
    alice.close()
    assert who(service) == "jarvice"


def test_a_transport_at_rest(cluster: Cluster, connect: Connect) -> None:
    """After ``rest`` the connection is closed, and the next command opens another."""
    transport = connect(login_to(cluster))
    transport.rest()
    for n in (1, 2):
        assert who(transport) == "jarvice"
        assert who(transport) == "jarvice"
        assert transport.counters.connections == n
        transport.rest()


def test_a_refused_key_is_remembered_at_rest(cluster: Cluster, connect: Connect) -> None:
    """``rest`` does not shorten the pause after a refused key, whose error names the mapping."""
    service = connect(login_to(cluster))
    alice = service.as_user("alice", wrong_key(), Budget(9, Clock()))
    for _ in range(3):
        with pytest.raises(LoginRefused, match="the mapping of users") as raised:
            who(alice)
        assert "JARVICE_SLURM_SSH" not in raised.value.message
        alice.rest()
    assert service.counters.connections == 1
    alice.close()


def test_many_refused_keys_do_not_get_the_bridge_banned(cluster: Cluster, connect: Connect) -> None:
    """The fifth failure, at which hosts ban, is not made; users who were let in before go on."""
    service, budget = connect(login_to(cluster)), SharedBudget(99, Clock())
    good = service.as_user("alice", private_key(cluster.private_key), budget)
    assert who(good) == "alice"
    for n in range(7):
        with pytest.raises(LoginRefused, match="'bob'" if n < 4 else "ten minutes"):
            who(service.as_user("bob", wrong_key(), budget))
    assert service.counters.connections == 1 + 4
    good.rest()
    assert (who(good), who(service)) == ("alice", "jarvice")
    good.close()


def test_users_cannot_spend_what_the_service_user_needs(cluster: Cluster, connect: Connect) -> None:
    """The users' handshakes are not taken from the service user's budget."""
    service, budget = connect(login_to(cluster)), SharedBudget(1, Clock())
    key = private_key(cluster.private_key)
    alice = service.as_user("alice", key, budget)
    assert who(alice) == "alice"
    with pytest.raises(ConnectFailed, match="within a minute"):
        who(service.as_user("bob", key, budget))
    assert who(service) == "jarvice"
    alice.close()
