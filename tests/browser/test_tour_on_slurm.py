"""The tour of the portal on a real Slurm cluster."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.portal import Portal
from tests.browser.touring import tour
from tests.cluster import Cluster


@pytest.fixture
def slurm_portal(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal of the cluster."""
    settings = cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"}
    found = Portal(tmp_path_factory.mktemp("portal"), settings)
    yield found
    found.service.stop()


def test_the_tour_on_slurm(page: Page, slurm_portal: Portal) -> None:
    """The tour is the same on Slurm, where jobs wait, run and end on other hosts."""
    tour(page, slurm_portal)
