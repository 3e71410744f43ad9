"""The contract over SSH: to a plain login node, and to one with all that sites do to theirs."""

from collections.abc import Iterator

import pytest

from connectors.transports.ssh import SshTransport
from dssr.testing.transport import PRELUDE, TransportContract, closing_is_final, is_closed
from tests.cluster import Cluster, Options
from tests.connectors.transports.conftest import Connect, login_to

pytestmark = pytest.mark.cluster


class TestSsh(TransportContract):
    """A plain sshd and bash."""

    @pytest.fixture(scope="class")
    @classmethod
    def transport(cls, ssh: SshTransport) -> SshTransport:
        return ssh


class TestSshOnADifficultSite(TransportContract):
    """tcsh as login shell, an rc file that prints on both streams, and one channel: only slower."""

    @pytest.fixture(scope="class")
    @classmethod
    def transport(cls, cluster_possible: None) -> Iterator[SshTransport]:
        cluster = Cluster.up(options=Options(csh=True, chatty_shell=True, max_sessions=1))
        transport = SshTransport(login_to(cluster), prelude=PRELUDE)
        yield transport
        transport.close()
        cluster.down()


def test_closing(cluster: Cluster, connect: Connect) -> None:
    """A transport can be closed twice, and runs nothing afterwards."""
    closing_is_final(connect(login_to(cluster)))


def test_closing_before_use(cluster: Cluster, connect: Connect) -> None:
    """A transport that never connected can be closed too, and does not connect afterwards."""
    transport = connect(login_to(cluster))
    transport.close()
    assert is_closed(transport)
    assert transport.counters.connections == 0
