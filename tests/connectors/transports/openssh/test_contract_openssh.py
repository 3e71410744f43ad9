"""The contract over OpenSSH's program: to a plain login node, and to one with all that sites do."""

from collections.abc import Iterator

import pytest

from connectors.transports.openssh import OpensshTransport
from dssr.testing.transport import TransportContract, closing_is_final, is_closed
from tests.cluster import Cluster, Options
from tests.connectors.transports.openssh.conftest import Connect, target, transport_to

pytestmark = pytest.mark.cluster


class TestOpenssh(TransportContract):
    """A plain sshd and bash."""

    @pytest.fixture(scope="class")
    @classmethod
    def transport(cls, site: Cluster) -> Iterator[OpensshTransport]:
        with transport_to(target(site)) as transport:
            yield transport


class TestOpensshOnADifficultSite(TransportContract):
    """tcsh as login shell, an rc file that prints on both streams, and one channel: only slower."""

    @pytest.fixture(scope="class")
    @classmethod
    def transport(cls, cluster_possible: None) -> Iterator[OpensshTransport]:
        cluster = Cluster.up(options=Options(csh=True, chatty_shell=True, max_sessions=1))
        with transport_to(target(cluster)) as transport:
            yield transport
        cluster.down()


def test_closing(site: Cluster, connect: Connect) -> None:
    """A transport can be closed twice, and runs nothing afterwards."""
    closing_is_final(connect(target(site)))


def test_closing_before_use(site: Cluster, connect: Connect) -> None:
    """A transport that never connected can be closed too, and does not connect afterwards."""
    transport = connect(target(site))
    transport.close()
    assert is_closed(transport)
    assert transport.counters.connections == 0
