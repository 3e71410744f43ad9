"""People with services on the shared cluster."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.connectors.slurm.services.team import People


@pytest.fixture
def people(cluster: Cluster) -> Iterator[People]:
    """Users who start services, all of which end with the test."""
    made = People(cluster)
    yield made
    made.end()
