"""A minute of the soak: faults strike, and nothing is lost, doubled or wrongly reported."""

from collections.abc import Callable

import pytest

from tests.bench import strikes
from tests.bench.soak import soak
from tests.cluster import Cluster
from tests.conftest import FIGURE


@pytest.mark.timeout(600)
def test_nothing_is_lost_doubled_or_made_up(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    """Every job's own notes agree with what its upstream was told, whatever happened to the bridge and the way to it."""
    report = soak(
        cluster, jobs=40, seconds=50, faults=strikes.SHORT, every=8, submitters=8, pollers=16
    )
    record_property(FIGURE, f"{report}\n")
    assert (report.verdict.lost, report.verdict.doubled, report.verdict.wrong) == ([], [], [])
    assert report.calls.unexpected == []
    assert len(report.struck) >= 3
    cluster.wait_idle()
