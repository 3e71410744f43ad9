"""Jump hosts, on a real cluster."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest

from connectors.transports.keys import private_key
from connectors.transports.ssh import Login
from dssr.errors import CommandTimeout, ConnectFailed, HostKeyRefused, LoginRefused, TransportError
from dssr.seams import Purpose
from dssr.testing.transport import PATIENCE, sh, unharmed
from tests.cluster import Cluster, Options
from tests.connectors.transports.conftest import Connect, login_to, trusting
from tests.connectors.transports.ssh.conftest import OTHER_KEY, works_again

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster for the tests of this file alone."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


def through(site: Cluster, *hops: str, **changes: Any) -> Login:
    """The login node behind these hosts; ``changes``: to the first of them."""
    jumps = [
        login_to(site, host=site.address_of(hop), host_key=site.host_key_of(hop), is_jump=True)
        for hop in hops
    ]
    return login_to(site, jumps=(replace(jumps[0], **changes), *jumps[1:]))


def came_from(site: Cluster, connect: Connect, *hops: str) -> str:
    """The host from which the login node is reached."""
    transport = connect(through(site, *hops))
    return sh(transport, "echo ${SSH_CONNECTION%% *}").stdout.decode().strip()


def test_one_and_a_chain(site: Cluster, connect: Connect) -> None:
    """Commands go through one jump host and through a chain of them."""
    assert came_from(site, connect, "jump") == site.address_of("jump")
    assert came_from(site, connect, "jump", "login2") == site.address_of("login2")
    assert came_from(site, connect, "login2", "jump") == site.address_of("jump")


def test_large_answers_come_through(site: Cluster, connect: Connect) -> None:
    """Large input and output pass through a jump host, byte for byte."""
    data = bytes(range(256)) * 8000
    assert (
        connect(through(site, "jump", "login2")).run(["cat"], input=data, timeout=PATIENCE).stdout
        == data
    )


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        (
            {"port": 23},
            ConnectFailed,
            "jump host .* port 23: Connection refused. Check JARVICE_SLURM_SSH_JUMP and",
        ),
        ({"verifier": trusting("")}, HostKeyRefused, "No trusted host key is known for jump host"),
        (
            {"key": private_key(OTHER_KEY)},
            LoginRefused,
            "jump host .* does not let .* JARVICE_SLURM_SSH_JUMP_PKEY",
        ),
        ({"user": "nobody-here"}, LoginRefused, "jump host .* does not let 'nobody-here'"),
    ],
    ids=["port", "host key", "key", "user"],
)
def test_errors_name_the_hop(
    site: Cluster,
    connect: Connect,
    changes: dict[str, Any],
    error: type[TransportError],
    words: str,
) -> None:
    """Errors name the jump host and its settings."""
    with pytest.raises(error, match=f"(?s){words}"):
        connect(through(site, "jump", **changes)).run(["true"], timeout=PATIENCE)


def test_the_last_hosts_key_is_checked_too(site: Cluster, connect: Connect) -> None:
    """The login node's key is verified behind a jump host, and each jump host's own key too."""
    with pytest.raises(HostKeyRefused, match=f"^{site.address} presents another"):
        connect(replace(through(site, "jump"), verifier=trusting(site.host_key_of("jump")))).run(
            ["true"], timeout=PATIENCE
        )
    with pytest.raises(
        HostKeyRefused, match=f"jump host {site.address_of('jump')} presents another"
    ):
        connect(through(site, "jump", verifier=trusting(site.host_key))).run(
            ["true"], timeout=PATIENCE
        )


def test_a_hop_that_leads_nowhere(site: Cluster, connect: Connect) -> None:
    """A jump host that cannot reach the next host is not one that is unreachable itself."""
    with pytest.raises(
        ConnectFailed, match=r"No way from jump host .* port 23: it cannot connect there"
    ):
        connect(replace(through(site, "jump"), port=23)).run(["true"], timeout=PATIENCE)


def test_a_login_node_that_hangs_under_large_inputs(site: Cluster, connect: Connect) -> None:
    """When the way takes no more data, neither the senders nor callers for a channel wait for
    ever."""
    transport = connect(through(site, "jump"))
    with ThreadPoolExecutor(11) as pool:
        assert all(
            done.returncode == 0 for done in pool.map(lambda _: sh(transport, "sleep 1"), range(8))
        )  # eight channels
        site.pause("login", "sshd")
        try:
            sent = [
                pool.submit(transport.run, ["cat"], input=b"x" * (8 << 20), timeout=6)
                for _ in range(8)
            ]
            time.sleep(1)
            sent += [pool.submit(transport.run, ["true"], timeout=5) for _ in range(3)]
            late = wait(sent, timeout=30).not_done
        finally:
            site.resume("login", "sshd")
        assert not late
        assert all(isinstance(one.exception(), TransportError) for one in sent)
    assert works_again(transport)


@pytest.mark.parametrize("purpose", [Purpose.SUBMIT, Purpose.STATUS])
def test_a_jump_host_that_is_lost(site: Cluster, connect: Connect, purpose: Purpose) -> None:
    """A lost jump host is noticed at once, and commands work after its return."""
    transport = connect(through(site, "jump"))
    assert unharmed(transport)
    site.stop("jump", "sshd")
    try:
        with pytest.raises((ConnectFailed, CommandTimeout)):
            transport.run(["true"], timeout=8, purpose=purpose)
    finally:
        site.start("jump", "sshd")
    assert works_again(transport)
