"""The id of the request that submitted a job, on the real cluster."""

from collections.abc import Iterator

import pytest

from dssr import request_id
from tests.cluster import Cluster
from tests.connectors.test_contract_slurm import SlurmHarness

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]


@pytest.fixture
def site(cluster: Cluster) -> Iterator[SlurmHarness]:
    """A connector onto the run's own cluster."""
    harness = SlurmHarness(cluster)
    yield harness
    harness.end()


def test_a_jobs_directory_has_the_id_of_its_request(site: SlurmHarness) -> None:
    """The file has the first request's id; the same submission again changes nothing."""
    spec = site.succeeding(site.name())
    for sent in ("upstream-7", "upstream-8"):
        request_id.begin(sent)
        site.submit(spec)
    found = site.sh('grep -rl "$1" ~/.jarvice/state/jobs --include=request_id', "upstream-[78]")
    [path] = found.splitlines()
    assert site.sh('cat "$1"', path) == "upstream-7"
