"""The users' connections to a real login node: counted by both sides."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import login_nodes
from connectors.slurm.shell.user_connections import UserConnections
from connectors.transports.ssh import SshTransport
from dssr.errors import LoginRefused
from dssr.settings.reading import parse
from tests.cluster import Cluster
from tests.connectors.slurm.people import SOON, People, admit, give_own_keys, new_key, until, who

USERS = ("alice", "bob")


@pytest.fixture
def mapped(cluster: Cluster) -> Iterator[People]:
    """alice and bob with keys of their own, for a while."""
    yield give_own_keys(cluster, *USERS)
    public = cluster.path("/home/jarvice/.ssh/authorized_keys").read_text()
    for user in USERS:
        admit(cluster, user, public)


@pytest.fixture
def service(cluster: Cluster) -> Iterator[SshTransport]:
    """The service user's transport to the real login node."""
    transport = login_nodes.transport(parse(cluster.settings(), SlurmSettings))
    assert isinstance(transport, SshTransport)
    yield transport
    transport.close()


@pytest.fixture
def real(mapped: People, service: SshTransport) -> Iterator[Callable[..., UserConnections]]:
    """``real(most)``: the users' connections to the real login node."""
    made: list[UserConnections] = []

    def new(most: int, **options: Any) -> UserConnections:
        made.append(UserConnections(mapped, service, most, **options))
        return made[-1]

    yield new
    for each in made:
        each.close()


def sessions(cluster: Cluster, *users: str) -> int:
    """How many SSH sessions of these users sshd has."""
    names = [process.command for process in cluster.processes("login")]
    return sum(f"sshd-session: {user}@" in name for name in names for user in users)


@pytest.mark.cluster
class TestTheRealLoginNode:
    """The connections of users to a real sshd."""

    def test_connections_are_counted_and_close(
        self, cluster: Cluster, service: SshTransport, real: Callable[..., UserConnections]
    ) -> None:
        """Each user has one connection; sshd has none left when they have been idle for a while."""
        connections = real(16, idle=2.0)
        for user in (*USERS, *USERS):
            assert who(connections, user) == user
        assert service.counters.connections == 2
        assert sessions(cluster, *USERS) == 2
        assert until(lambda: sessions(cluster, *USERS) == 0)
        assert who(connections, "alice") == "alice"
        assert service.counters.connections == 3

    def test_the_bound_holds(
        self, cluster: Cluster, service: SshTransport, real: Callable[..., UserConnections]
    ) -> None:
        """With room for one, two users take turns: each turn is a login, and sshd has one session
        at a time."""
        connections = real(1)
        for user in (*USERS, *USERS):
            assert who(connections, user) == user
            assert until(lambda: sessions(cluster, *USERS) == 1)
        assert service.counters.connections == 4

    def test_keys_are_changed(
        self,
        cluster: Cluster,
        mapped: People,
        service: SshTransport,
        real: Callable[..., UserConnections],
    ) -> None:
        """Once the cluster takes only a new key, the bridge logs in with the new key of the
        mapping."""
        connections = real(16)
        assert who(connections, "alice") == "alice"
        mapped.keys["alice"], public = new_key()
        admit(cluster, "alice", public)
        assert who(connections, "alice") == "alice"
        assert service.counters.connections == 2
        assert until(lambda: sessions(cluster, "alice") == 1)

    def test_a_refused_key_stops_no_other_user(
        self, mapped: People, service: SshTransport, real: Callable[..., UserConnections]
    ) -> None:
        """A user with a refused key is refused again without another login, also after their
        connection has made room for others."""
        connections = real(1)
        mapped.keys["bob"], _ = new_key()
        for _ in range(3):
            with pytest.raises(LoginRefused, match="the mapping of users") as raised:
                who(connections, "bob")
            assert 1 <= raised.value.retry_after <= 60
            assert who(connections, "alice") == "alice"
        assert service.run(["id", "-un"], timeout=SOON).stdout == b"jarvice\n"
        assert service.counters.connections == 1 + 3 + 1, (
            "bob once, alice each time that bob had taken her place, jarvice"
        )

    def test_no_key_is_logged(
        self, mapped: People, real: Callable[..., UserConnections], caplog: pytest.LogCaptureFixture
    ) -> None:
        """No key, good or refused, is in the log at any level, and no part of one is in an
        error."""
        caplog.set_level("DEBUG")
        mapped.keys["bob"], _ = new_key()
        connections = real(16)
        assert who(connections, "alice") == "alice"
        with pytest.raises(LoginRefused) as raised:
            who(connections, "bob")
        texts = caplog.text + repr(raised.value) + repr(vars(connections))
        assert "alice@" in texts
        for key in mapped.keys.values():
            assert not [line for line in key.splitlines()[1:-1] if line in texts]
