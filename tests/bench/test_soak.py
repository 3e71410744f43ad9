"""A minute of the soak."""

from collections.abc import Callable

import pytest

from tests.bench import soak_faults
from tests.bench.soak import Plan, soak
from tests.cluster import Cluster
from tests.conftest import FIGURE


@pytest.mark.timeout(600)
def test_nothing_is_lost_doubled_or_made_up(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    """The bridge reports every job as the job wrote it down, while faults strike the bridge and its
    way to the cluster."""
    plan = Plan(30, 36, soak_faults.SHORT, every=8, submitters=8, pollers=16)
    report = soak(cluster, plan)
    record_property(FIGURE, f"{report}\n")
    assert (report.verdict.lost, report.verdict.doubled, report.verdict.wrong) == ([], [], [])
    assert report.calls.unexpected == []
    assert set(report.faults) == {fault.__name__ for fault in soak_faults.SHORT}
    cluster.wait_idle()
