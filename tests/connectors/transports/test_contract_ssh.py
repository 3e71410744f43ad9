"""The contract over SSH: to a login node as one wishes for, and to one with everything that sites do to theirs."""

from collections.abc import Iterator

import pytest

from connectors.transports.ssh import SshTransport
from tests.cluster import Cluster, Options
from tests.connectors.transports.conftest import PRELUDE, Connect, login_to
from tests.connectors.transports.contract import TransportContract, closing_is_final

pytestmark = pytest.mark.cluster


class TestSsh(TransportContract):
    """A plain sshd and bash."""

    @pytest.fixture(scope="class")
    @classmethod
    def transport(cls, ssh: SshTransport) -> SshTransport:
        return ssh


class TestSshOnADifficultSite(TransportContract):
    """tcsh as login shell, with an rc file that talks on both streams, and one channel in all: only slower."""

    @pytest.fixture(scope="class")
    @classmethod
    def transport(cls, cluster_possible: None) -> Iterator[SshTransport]:
        cluster = Cluster.up(options=Options(csh=True, chatty_shell=True, max_sessions=1))
        transport = SshTransport(login_to(cluster), prelude=PRELUDE)
        yield transport
        transport.close()
        cluster.down()


def test_closing(cluster: Cluster, connect: Connect) -> None:
    """Closed twice without an error, and then nothing runs any more."""
    transport = connect(login_to(cluster))
    assert closing_is_final(transport) is None  # type: ignore[func-returns-value]


def test_closing_before_use(cluster: Cluster, connect: Connect) -> None:
    """A transport that never connected can be closed too."""
    transport = connect(login_to(cluster))
    assert transport.close() is None  # type: ignore[func-returns-value]
