"""A man in the middle, on the way to a real login node: all work stops until it is gone."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.transports.budget import Budget
from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import Host
from connectors.transports.known_hosts import known_hosts_line
from connectors.transports.ssh import Login, SshTransport
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned, Trust
from dssr.errors import HostKeyChanged, TransportError
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import PAUSE, Connect, login_to
from tests.connectors.transports.ssh.conftest import is_refused, key_of, works_again
from tests.connectors.transports.ssh.impostor import Detour, Impostor, made

pytestmark = pytest.mark.cluster


def trusting(mode: str, file: Path, cluster: Cluster, way: Detour) -> Trust:
    """Trust in the login node's key, in one of its forms."""
    key = key_of(cluster)
    if mode in ("key", "fingerprint"):
        return Pinned(key.text if mode == "key" else key.fingerprint)
    file.write_text(known_hosts_line(Host("127.0.0.1", way.port), key))
    return KnownHostsFile(str(file)) if mode == "known_hosts" else FirstUse(str(file))


@pytest.fixture(params=["key", "fingerprint", "known_hosts", "first_use"])
def login(request: pytest.FixtureRequest, tmp_path: Path, cluster: Cluster, way: Detour) -> Login:
    """A login over the redirected way, with each form of trust."""
    trust = trusting(request.param, tmp_path / "known_hosts", cluster, way)
    return login_to(cluster, host="127.0.0.1", port=way.port, verifier=HostKeyVerifier(trust))


def test_the_trap_is_sharp(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """A bridge that trusts the impostor sends it user, key and command, and it notes them."""
    way.aim("127.0.0.1", impostor.port)
    transport = connect(
        login_to(
            cluster,
            host="127.0.0.1",
            port=way.port,
            verifier=HostKeyVerifier(Pinned(made("ssh-ed25519", 1).text)),
        )
    )
    with pytest.raises(TransportError):
        transport.run(["true"], timeout=2)
    assert {"key jarvice", "channel session"} <= set(impostor.received)
    assert not impostor.learnt_nothing


@pytest.mark.usefixtures("impatient")
class TestManInTheMiddle:
    """The impostor, with each form of trust."""

    def test_on_the_first_connection(
        self, login: Login, cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
    ) -> None:
        """The impostor receives nothing, and work goes on when the right host is back."""
        way.aim("127.0.0.1", impostor.port)
        transport = connect(login)
        words = is_refused(transport)
        assert made("ssh-ed25519", 1).fingerprint in words
        assert key_of(cluster).fingerprint in words
        assert impostor.visits > 0
        assert impostor.learnt_nothing
        way.aim(cluster.address, cluster.port)
        assert works_again(transport)
        assert not login.verifier.is_changed(login.address)

    def test_on_a_reconnection(
        self, login: Login, cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
    ) -> None:
        """An impostor that appears in the middle of work receives nothing either."""
        transport = connect(login)
        assert unharmed(transport)
        way.aim("127.0.0.1", impostor.port)
        assert eventually_refused(transport)
        assert impostor.visits > 0
        assert impostor.learnt_nothing
        assert changed(transport) == 1
        way.aim(cluster.address, cluster.port)
        assert works_again(transport)
        assert changed(transport) == 0

    @pytest.mark.parametrize("kind", ["ecdsa-sha2-nistp256", "ssh-rsa"])
    def test_an_impostor_with_a_key_of_another_type(
        self, kind: str, login: Login, way: Detour, connect: Connect
    ) -> None:
        """A known host that only has a key of another type is a mismatch, not a new host."""
        other = Impostor(kind)
        try:
            way.aim("127.0.0.1", other.port)
            assert made(kind, 1).fingerprint in is_refused(connect(login))
            assert other.visits > 0
            assert other.learnt_nothing
        finally:
            other.close()


@pytest.mark.usefixtures("impatient")
def test_an_impostor_with_only_the_public_key(
    cluster: Cluster, way: Detour, connect: Connect
) -> None:
    """A host that presents the right key and cannot prove that it owns it is a mismatch."""
    other = Impostor("ssh-ed25519", claims=key_of(cluster))
    try:
        way.aim("127.0.0.1", other.port)
        transport = connect(login_to(cluster, host="127.0.0.1", port=way.port))
        assert "cannot prove that it is its own" in is_refused(transport)
        assert other.visits == 1
        assert other.learnt_nothing
        assert changed(transport) == 1
        way.aim(cluster.address, cluster.port)
        assert works_again(transport)
    finally:
        other.close()


@pytest.mark.usefixtures("impatient")
def test_work_stops_on_the_other_login_nodes_too(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """A mismatch on the second login node stops work on the first."""
    verifier = HostKeyVerifier(Pinned(cluster.host_key))
    second = login_to(cluster, host="127.0.0.1", port=way.port, verifier=verifier)
    transport = connect(login_to(cluster, verifier=verifier), second)
    assert unharmed(transport)
    way.aim("127.0.0.1", impostor.port)
    with pytest.raises(HostKeyChanged):
        verifier.verify(second.address, second.label, made("ssh-ed25519", 1))
    assert is_refused(transport)
    assert impostor.learnt_nothing
    way.aim(cluster.address, cluster.port)
    assert works_again(transport)
    assert changed(transport) == 0


def eventually_refused(transport: SshTransport) -> bool:
    """Whether commands are refused for the host's key, once a cut connection was noticed."""
    for _ in range(3):
        try:
            transport.run(["true"], timeout=PATIENCE)
        except HostKeyChanged:
            return True
        except TransportError:
            continue
    return False


def changed(transport: SshTransport) -> float:
    """The value of the metric."""
    return sum(
        figure.value for figure in transport.figures() if figure.name == "dssr_ssh_host_key_changed"
    )


def test_all_work_stops(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """A mismatch stops all users, on open connections too, with one visit to the impostor."""
    login = login_to(cluster, host="127.0.0.1", port=way.port)
    first = connect(login)
    second = first.as_user("bob", login.key, Budget(9, lambda: 0.0))
    try:
        assert unharmed(first)
        way.aim("127.0.0.1", impostor.port)
        assert eventually_refused(first)
        with ThreadPoolExecutor(16) as pool:
            refused = [pool.submit(is_refused, transport) for transport in (first, second) * 40]
            assert len({one.result() for one in refused}) == 1
        assert impostor.visits == 1
        assert impostor.learnt_nothing
    finally:
        second.close()


def test_an_open_connection_is_replaced_after_a_mismatch(
    cluster: Cluster, connect: Connect
) -> None:
    """After a mismatch elsewhere, an open connection is replaced before the next command."""
    login = login_to(cluster)
    transport = connect(login)
    assert unharmed(transport)
    assert transport.counters.connections == 1
    with pytest.raises(HostKeyChanged):
        login.verifier.verify(login.address, login.label, made("ssh-ed25519", 1))
    with pytest.raises(HostKeyChanged):
        transport.run(["true"], timeout=PATIENCE)
    login.verifier.verify(login.address, login.label, key_of(cluster))
    assert works_again(transport)


@pytest.mark.usefixtures("impatient")
def test_a_jump_host_that_is_another(
    cluster: Cluster, impostor: Impostor, connect: Connect
) -> None:
    """A jump host with a wrong key receives nothing, nor does a wrong login node behind a right
    one."""
    way = Detour(cluster.address_of("jump"), 22)
    try:
        jump_key = cluster.host_key_of("jump")
        verifier = HostKeyVerifier(Pinned(f"{jump_key},{cluster.host_key}"))
        jump = login_to(cluster, host="127.0.0.1", port=way.port, verifier=verifier, is_jump=True)
        transport = connect(login_to(cluster, verifier=verifier, jumps=(jump,)))
        assert unharmed(transport)
        way.aim("127.0.0.1", impostor.port)
        assert eventually_refused(transport)
        assert impostor.learnt_nothing
        assert "jump host 127.0.0.1 presents another" in verifier.mismatch([jump.address])
        way.aim(cluster.address_of("jump"), 22)
        assert works_again(transport)
    finally:
        way.close()


def test_an_unreachable_host_with_a_wrong_key(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect, impatient: None
) -> None:
    """An error about an unreachable host also mentions the wrong key that it had before."""
    transport = connect(login_to(cluster, host="127.0.0.1", port=way.port))
    way.aim("127.0.0.1", impostor.port)
    assert is_refused(transport)
    way.refuse()
    threading.Event().wait(PAUSE)
    assert re.search(
        r"(?s)Connection refused.*Before that: 127.0.0.1 presents another", next_trouble(transport)
    )
    assert changed(transport) == 1


def next_trouble(transport: SshTransport) -> str:
    """The next error that is not the mismatch itself."""
    for _ in range(100):
        try:
            transport.run(["true"], timeout=2)
        except HostKeyChanged:
            threading.Event().wait(0.1)
        except TransportError as error:
            return error.message
    return ""
