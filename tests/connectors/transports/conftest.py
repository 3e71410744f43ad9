"""SSH transports to the real login node."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.keys import private_key
from connectors.transports.ssh import Login, SshTransport
from connectors.transports.trust import Pinned
from dssr.testing.transport import PRELUDE
from tests.cluster import Cluster

Connect = Callable[..., SshTransport]
PAUSE = 1.0  # seconds


def login_to(cluster: Cluster, **changes: Any) -> Login:
    """A login there. ``changes``: to its fields; ``host_key``: the trusted keys."""
    verifier = HostKeyVerifier(Pinned(changes.pop("host_key", cluster.host_key)))
    login = Login(
        cluster.address, cluster.port, cluster.user, private_key(cluster.private_key), verifier
    )
    return replace(login, **changes)


def trusting(host_key: str) -> HostKeyVerifier:
    """A verifier that trusts the keys of this setting."""
    return HostKeyVerifier(Pinned(host_key))


@pytest.fixture
def connect() -> Iterator[Connect]:
    """``connect(login, ..., **options)``: transports that are closed after the test."""
    made: list[SshTransport] = []

    def new(*logins: Login, **options: Any) -> SshTransport:
        made.append(SshTransport(*logins, **options))
        return made[-1]

    yield new
    for transport in made:
        transport.close()


@pytest.fixture(scope="class")
def ssh(cluster: Cluster) -> Iterator[SshTransport]:
    """A transport to the cluster."""
    transport = SshTransport(login_to(cluster), prelude=PRELUDE)
    yield transport
    transport.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses after a wrong host key are seconds instead of minutes."""
    monkeypatch.setattr("connectors.transports.backoff.LOGIN_PAUSES", (PAUSE,))
