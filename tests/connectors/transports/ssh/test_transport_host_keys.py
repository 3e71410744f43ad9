"""Somebody in between, on the way to a real login node: he learns nothing, all work stops, and goes on when he is gone."""

import base64
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.transports.budget import Budget
from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import Host, HostKey
from connectors.transports.known_hosts import known_hosts_line
from connectors.transports.ssh import Login, SshTransport
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned, Trust
from dssr.errors import HostKeyChanged, HostKeyRefused, TransportError
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import PAUSE, Connect, login_to
from tests.connectors.transports.ssh.impostor import Detour, Impostor, made
from tests.connectors.transports.ssh.test_transport import works_again

pytestmark = pytest.mark.cluster


def key_of(cluster: Cluster) -> HostKey:
    """The login node's."""
    kind, encoded = cluster.host_key.split()
    return HostKey(kind, base64.b64decode(encoded))


def trusting(mode: str, file: Path, cluster: Cluster, way: Detour) -> Trust:
    """Trust in the login node's key, in one of the ways in which it is written down."""
    key = key_of(cluster)
    if mode in ("key", "fingerprint"):
        return Pinned(key.text if mode == "key" else key.fingerprint)
    file.write_text(known_hosts_line(Host("127.0.0.1", way.port), key))
    return KnownHostsFile(str(file)) if mode == "known_hosts" else FirstUse(str(file))


@pytest.fixture(params=["key", "fingerprint", "known_hosts", "first_use"])
def login(request: pytest.FixtureRequest, tmp_path: Path, cluster: Cluster, way: Detour) -> Login:
    """How to log in over that way, in each mode."""
    trust = trusting(request.param, tmp_path / "known_hosts", cluster, way)
    return login_to(cluster, host="127.0.0.1", port=way.port, verifier=HostKeyVerifier(trust))


def is_refused(transport: SshTransport) -> str:
    """That no command runs; the words with which it is refused."""
    with pytest.raises(HostKeyChanged) as raised:
        transport.run(["true"], timeout=PATIENCE)
    return raised.value.message


def test_the_trap_is_sharp(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """Whoever trusts the impostor tells him everything: so he would have noticed."""
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
    assert {"key jarvice", "channel session"} <= set(impostor.told)
    assert not impostor.learnt_nothing


@pytest.mark.usefixtures("impatient")
class TestSomebodyInBetween:
    """Whatever says which key is right."""

    def test_on_the_first_connection(
        self, login: Login, cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
    ) -> None:
        """He is told nothing; when the right host is back work goes on by itself."""
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
        """The same, in the middle of work."""
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
    def test_who_has_a_key_of_another_type_only(
        self, kind: str, login: Login, way: Detour, connect: Connect
    ) -> None:
        """Is no new host: another key is known of this one."""
        him = Impostor(kind)
        try:
            way.aim("127.0.0.1", him.port)
            assert made(kind, 1).fingerprint in is_refused(connect(login))
            assert him.visits > 0
            assert him.learnt_nothing
        finally:
            him.close()


@pytest.mark.usefixtures("impatient")
def test_who_only_has_the_public_part(cluster: Cluster, way: Detour, connect: Connect) -> None:
    """Presents the right key and cannot prove that it is his: that is an alarm like any other."""
    him = Impostor("ssh-ed25519", claims=key_of(cluster))
    try:
        way.aim("127.0.0.1", him.port)
        transport = connect(login_to(cluster, host="127.0.0.1", port=way.port))
        assert "cannot prove that it is its own" in is_refused(transport)
        assert him.visits == 1
        assert him.learnt_nothing
        assert changed(transport) == 1
        way.aim(cluster.address, cluster.port)
        assert works_again(transport)
    finally:
        him.close()


@pytest.mark.usefixtures("impatient")
def test_work_stops_on_the_other_login_nodes_too(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """Who stands in front of the second one is not to be content with the first."""
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
    """A connection that was cut may be noticed by one command; the next is refused for the host's key."""
    for _ in range(3):
        try:
            transport.run(["true"], timeout=PATIENCE)
        except HostKeyChanged:
            return True
        except TransportError:
            continue
    return False


def changed(transport: SshTransport) -> float:
    """What the metrics say."""
    return sum(
        figure.value for figure in transport.figures() if figure.name == "dssr_ssh_host_key_changed"
    )


def test_all_work_stops(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """That of other users too, and on connections that stand; the impostor is visited once, however many ask."""
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


def test_a_standing_connection_counts_for_nothing(cluster: Cluster, connect: Connect) -> None:
    """Once its host has presented a wrong key to somebody else, it is made anew before the next command."""
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


def test_a_corrected_file_counts_at_once(
    tmp_path: Path, cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """A reinstalled host: its new key is put into the file, and nobody waits for a pause to end."""
    file = tmp_path / "known_hosts"
    file.write_text(known_hosts_line(Host("127.0.0.1", way.port), made("ssh-ed25519", 2)))
    transport = connect(
        login_to(
            cluster,
            host="127.0.0.1",
            port=way.port,
            verifier=HostKeyVerifier(KnownHostsFile(str(file))),
        )
    )
    assert "takes effect at once" in is_refused(transport)
    assert is_refused(transport)
    file.write_text(known_hosts_line(Host("127.0.0.1", way.port), key_of(cluster)))
    assert unharmed(transport)


def test_a_host_that_is_added_to_the_file_counts_at_once(
    tmp_path: Path, cluster: Cluster, connect: Connect
) -> None:
    """The same for one of which nothing was known; an empty file and a missing one refuse."""
    file = tmp_path / "known_hosts"
    transport = connect(login_to(cluster, verifier=HostKeyVerifier(KnownHostsFile(str(file)))))
    with pytest.raises(HostKeyRefused, match="cannot be read"):
        transport.run(["true"], timeout=PATIENCE)
    file.touch()
    with pytest.raises(HostKeyRefused, match="Nothing says") as raised:
        transport.run(["true"], timeout=PATIENCE)
    (line,) = re.findall(f"'([^']*{re.escape(cluster.host_key)})'", raised.value.message)
    file.write_text(f"{line}\n")
    assert unharmed(transport)


def test_first_use_learns_before_it_logs_in(
    tmp_path: Path, cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """A file that cannot be written refuses, and the host is told nothing; one that can is the truth from then on."""
    lost = FirstUse(str(tmp_path / "missing" / "known_hosts"))
    way.aim("127.0.0.1", impostor.port)
    with pytest.raises(HostKeyRefused, match="cannot be written"):
        connect(
            login_to(cluster, host="127.0.0.1", port=way.port, verifier=HostKeyVerifier(lost))
        ).run(["true"], timeout=PATIENCE)
    assert impostor.learnt_nothing
    way.aim(cluster.address, cluster.port)
    file = tmp_path / "known_hosts"
    assert unharmed(
        connect(
            login_to(
                cluster,
                host="127.0.0.1",
                port=way.port,
                verifier=HostKeyVerifier(FirstUse(str(file))),
            )
        )
    )
    assert file.read_text() == known_hosts_line(Host("127.0.0.1", way.port), key_of(cluster))


@pytest.mark.usefixtures("impatient")
def test_a_jump_host_that_is_another(
    cluster: Cluster, impostor: Impostor, connect: Connect
) -> None:
    """Is told nothing, and nobody gets to what is behind it; nor does a right one lead to a wrong login node."""
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


def test_who_is_gone_is_not_forgotten(
    cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect, impatient: None
) -> None:
    """A host that had a wrong key and does not answer at all any more: both are told."""
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
    """What goes wrong once the host is not left alone for its wrong key any more."""
    for _ in range(100):
        try:
            transport.run(["true"], timeout=2)
        except HostKeyChanged:
            threading.Event().wait(0.1)
        except TransportError as error:
            return error.message
    return ""
