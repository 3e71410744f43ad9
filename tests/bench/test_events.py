"""Some seconds of the hour of events."""

from collections.abc import Callable

from tests.bench.events import events
from tests.cluster import Cluster
from tests.conftest import FIGURE


def test_no_event_is_lost(cluster: Cluster, record_property: Callable[[str, object], None]) -> None:
    """Events of a service come through a bridge as they are sent."""
    report = events(cluster, 4)
    record_property(FIGURE, f"{report}\n")
    assert report.is_good
    assert report.streams[0].wanted == 4
    cluster.wait_idle()
