"""What a connector shows of its cluster, and what is known of one that shows nothing."""

from typing import NoReturn

import pytest

from connectors.dummy.connector import DummyConnector
from connectors.dummy.settings import DummySettings
from dssr.bridge import Bridge
from dssr.cluster import Cluster
from dssr.cluster.use_cases import FEATURES
from dssr.errors import NotFound, Unavailable
from dssr.job import Snapshot
from executors.native import Native


class Plain:
    """A connector with the least that there is, of which this needs its jobs alone."""

    def __init__(self) -> None:
        self.is_away = False

    def snapshot(self) -> Snapshot:
        if self.is_away:
            raise Unavailable("It is away.")
        return Snapshot({}, taken=7.0)


def over(connector: object) -> Cluster:
    """The cluster of a bridge over that connector."""
    settings = DummySettings(connector="example", executor="native")
    return Cluster(Bridge(connector, Native(), settings))  # type: ignore[arg-type]


def test_a_connector_that_shows_no_cluster_has_a_name() -> None:
    """The jobs show whether the cluster answers, and when it did."""
    about = over(Plain()).about()
    assert (about.scheduler, about.version, about.features) == ("example", "", [])
    assert (about.problem, about.taken) == ("", 7.0)


def test_a_connector_that_shows_no_cluster_has_no_lists() -> None:
    """A list that is not there is not empty: the error says where to look."""
    with pytest.raises(NotFound, match="'features' of GET /api/v1/cluster"):
        over(Plain()).view()


def test_a_cluster_that_is_away_has_a_problem() -> None:
    """The error of a connector that does not answer is what the cluster's problem is."""
    connector = Plain()
    connector.is_away = True
    assert over(connector).about().problem == "It is away."


def test_features_are_what_the_connector_can_do() -> None:
    """Each ability has a name; an interactive one depends on the settings."""
    usual = over(DummyConnector(DummySettings())).about().features
    assert set(usual) <= set(FEATURES)
    assert {"records", "cluster"} <= set(usual)
    interactive = DummyConnector(DummySettings(dummy_interactive=True))
    assert set(over(interactive).about().features) == {*usual, "interactive"}


def test_what_was_last_seen_stays() -> None:
    """While the cluster is away, the view that was seen last is there; before the first, none."""
    connector = DummyConnector(DummySettings())
    cluster = over(connector)
    assert cluster.last_view() is None
    seen = cluster.view()

    def away() -> NoReturn:
        raise Unavailable("It is away.")

    connector.cluster = away  # type: ignore[method-assign]
    assert cluster.about().problem == "It is away."
    assert cluster.last_view() == seen
