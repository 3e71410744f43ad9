"""Hosts with keys of several types: the bridge asks for the known one and shows all of them."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import Host, HostKey
from connectors.transports.known_hosts import known_hosts_line
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned, Trust
from dssr.seams import HostKeyState
from dssr.testing.transport import unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import Connect, login_to, trusting
from tests.connectors.transports.ssh.impostor import Impostor, made

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def port(cluster: Cluster) -> Iterator[int]:
    """The port of a second sshd on the login node, with keys of all types."""
    for kind in ("ed25519", "ecdsa", "rsa"):
        cluster.run(
            "login", ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", f"/root/several_{kind}"]
        )
    keys = [
        word for kind in ("rsa", "ecdsa", "ed25519") for word in ("-h", f"/root/several_{kind}")
    ]
    started = cluster.run(
        "login", ["/usr/sbin/sshd", "-p", "2222", "-o", "PidFile=/root/several.pid", *keys]
    )
    assert started.returncode == 0, started.stderr
    yield 2222
    cluster.run("login", ["sh", "-c", "kill $(cat /root/several.pid)"])


def keys_of(cluster: Cluster) -> dict[str, HostKey]:
    """The keys of that sshd, by type."""
    texts = [
        cluster.path(f"/root/several_{kind}.pub").read_text().split()[:2]
        for kind in ("ed25519", "ecdsa", "rsa")
    ]
    return {kind: HostKey(kind, base64.b64decode(encoded)) for kind, encoded in texts}


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_whichever_is_known_will_do(
    kind: str, port: int, cluster: Cluster, tmp_path: Path, connect: Connect
) -> None:
    """A host is verified by any of its keys, known as a key or as a fingerprint."""
    key, file = keys_of(cluster)[kind], tmp_path / "known_hosts"
    file.write_text(known_hosts_line(Host(cluster.address, port), key))
    others = ",".join(
        made(kind, 2).text for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
    )
    pinned = [key.text, key.fingerprint, f"{others},{key.text}", f"{others},{key.fingerprint}"]
    ways: list[Trust] = [*map(Pinned, pinned), KnownHostsFile(str(file)), FirstUse(str(file))]
    for trust in ways:
        verifier = HostKeyVerifier(trust)
        transport = connect(login_to(cluster, port=port, verifier=verifier))
        assert unharmed(transport)
        assert transport.counters.connections <= 3
        again = connect(login_to(cluster, port=port, verifier=verifier))
        assert unharmed(again)
        assert again.counters.connections == 1, "what was right once is asked for at once"


def test_all_of_them_are_shown(port: int, cluster: Cluster, connect: Connect) -> None:
    """All keys of a host are shown with their states, and beside a trusted key the others are no
    change."""
    keys = keys_of(cluster)
    for setting, verdict, others in (
        (keys["ssh-rsa"].text, HostKeyState.TRUSTED, HostKeyState.UNKNOWN),
        (keys["ssh-rsa"].fingerprint, HostKeyState.TRUSTED, HostKeyState.UNKNOWN),
        ("", HostKeyState.UNKNOWN, HostKeyState.UNKNOWN),
        (made("ssh-rsa").text, HostKeyState.CHANGED, HostKeyState.CHANGED),
    ):
        (host,) = connect(login_to(cluster, port=port, host_key=setting)).host_keys()
        assert (host.name, host.pattern, host.problem) == (
            f"{cluster.address}:2222",
            f"[{cluster.address}]:2222",
            "",
        )
        assert [key.text for key in host.keys] == [key.text for key in keys.values()]
        assert [key.state for key in host.keys] == [others, others, verdict]


def test_what_is_behind_a_jump_host(cluster: Cluster, connect: Connect) -> None:
    """Hosts behind a trusted jump host are shown, each once, the jump hosts first."""
    keys = f"{cluster.host_key_of('jump')},{cluster.host_key}"
    jump = login_to(cluster, host=cluster.address_of("jump"), host_key=keys, is_jump=True)
    nodes = [
        login_to(cluster, host=cluster.address_of(name), host_key=keys, jumps=(jump,))
        for name in ("login", "login2")
    ]
    hosts = connect(*nodes).host_keys()
    assert [host.name for host in hosts] == [
        f"{cluster.address_of(name)}:22" for name in ("jump", "login", "login2")
    ]
    assert [[key.state for key in host.keys] for host in hosts] == [
        [HostKeyState.TRUSTED],
        [HostKeyState.TRUSTED],
        [HostKeyState.CHANGED],
    ]
    untrusted = connect(
        replace(nodes[0], verifier=trusting(""), jumps=(replace(jump, verifier=trusting("")),))
    )
    first, second = untrusted.host_keys()
    assert [key.state for key in first.keys] == [HostKeyState.UNKNOWN]
    assert second.keys == ()
    assert "Make the jump host's key known first" in second.problem


def test_an_untrusted_jump_host_receives_nothing(
    cluster: Cluster, connect: Connect, tmp_path: Path
) -> None:
    """An unknown jump host receives nothing, and its key is not learnt, also in mode first_use."""
    other, file = Impostor("ssh-ed25519", "ssh-rsa"), tmp_path / "known_hosts"
    try:
        verifier = HostKeyVerifier(FirstUse(str(file)))
        jump = login_to(cluster, host="127.0.0.1", port=other.port, verifier=verifier, is_jump=True)
        first, second = connect(login_to(cluster, verifier=verifier, jumps=(jump,))).host_keys()
        assert [key.text for key in first.keys] == [
            made(kind, 1).text for kind in ("ssh-ed25519", "ssh-rsa")
        ]
        assert second.problem
        assert other.learnt_nothing
        assert not file.exists()
    finally:
        other.close()


def test_a_host_that_does_not_answer(cluster: Cluster, connect: Connect) -> None:
    """A host that does not answer is shown with the problem, beside the other hosts."""
    dead, alive = connect(login_to(cluster, port=23), login_to(cluster)).host_keys()
    assert "Connection refused" in dead.problem
    assert dead.keys == ()
    assert [key.text for key in alive.keys] == [cluster.host_key]
