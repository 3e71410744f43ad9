"""The benchmarks measure what they say: never how fast it was here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import figures, load
from tests.bench.bare import BareFlask
from tests.bench.rig import Rig
from tests.bench.table import Figure, table
from tests.cluster import Cluster


@pytest.fixture
def rig(cluster: Cluster, tmp_path: Path) -> Iterator[Rig]:
    """The run's own cluster, left without jobs."""
    made = Rig(cluster, tmp_path, short=True)
    yield made
    made.clear()


@pytest.mark.parametrize("name", ["submit", "polling", "distance"])
def test_a_figure_is_measured_without_an_error(rig: Rig, name: str) -> None:
    """Every answer is good, ours and the baseline are both there, and the table shows them."""
    found = figures.ALL[name](rig)
    assert found
    assert all(figure.ours > 0 and figure.baseline > 0 for figure in found)
    assert all(figure.name in table(found) for figure in found)


def test_pollers_share_their_commands(rig: Rig) -> None:
    """However many ask, one look at a time is taken, and a look is one command."""
    with rig.bridge() as service:
        before = rig.commands(service)
        answers = load.run(service.url, lambda: load.get("/running"), 64, count=1000)
        assert answers.failed == 0
        assert rig.commands(service) - before <= answers.seconds / 5 + 1


def test_the_client_counts_answers_and_errors() -> None:
    """Each request is answered once, and one that is not 200 is never taken for a good one."""
    with BareFlask(b"[1]") as bare:
        good = load.run(bare.url, lambda: load.get("/running"), 8, count=100)
        bad = load.run(bare.url, lambda: load.get("/nowhere"), 8, count=20)
    assert (good.answers, good.failed, json.loads(good.last)) == (100, 0, [1])
    assert (bad.answers, bad.failed) == (20, 20)
    assert "404" in bad.errors[0]


@pytest.mark.parametrize(
    ("figure", "reached"),
    [
        (Figure("", "ms", 2.0, 2.0, "", 1.0), True),
        (Figure("", "ms", 2.1, 2.0, "", 1.0), False),
        (Figure("", "/s", 6.0, 10.0, "", 0.6, more_is_better=True), True),
        (Figure("", "/s", 5.9, 10.0, "", 0.6, more_is_better=True), False),
        (Figure("", "MB", 150.0, 100.0, "", 50, difference=True), True),
        (Figure("", "MB", 151.0, 100.0, "", 50, difference=True), False),
    ],
)
def test_a_goal_is_for_the_ratio_or_the_difference(figure: Figure, reached: bool) -> None:
    """In the direction that is better."""
    assert figure.reached is reached
