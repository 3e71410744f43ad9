"""The benchmarks measure what they claim to; how fast this machine is does not matter."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import figures, load
from tests.bench.baselines import BareFlask
from tests.bench.bench import HERE, Bench
from tests.bench.figures.against import against
from tests.bench.table import Figure, table
from tests.cluster import Cluster


@pytest.fixture
def bench(cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    """A bench on the shared cluster, which is left without jobs."""
    made = Bench(cluster, tmp_path, short=True)
    yield made
    made.clear()


@pytest.mark.parametrize(
    "name",
    [
        "submit",
        "polling",
        "distance",
        "post_jobs",
        "show_job",
        "list_jobs",
        "listeners",
        "records",
        "files",
        "portal",
        "portal_files",
        "openssh",
        "start_up",
        "busy",
    ],
)
def test_a_figure_is_measured_without_an_error(bench: Bench, name: str) -> None:
    """Every response of the bridge is good, and the table shows its figure beside the
    baseline's."""
    found = figures.ALL[name](bench)
    assert found
    assert all(figure.ours > 0 and figure.baseline > 0 for figure in found)
    assert all(figure.name in table(found) for figure in found)


def test_a_front_is_measured_beside_ssh(bench: Bench) -> None:
    """Each figure of the front is measured, those of traffic beside both baselines."""
    found = figures.ALL["forward"](bench)
    assert all(figure.ours > 0 for figure in found)
    assert sorted(figure.against for figure in found if figure.more_is_better) == sorted(
        ["ssh -L", "ssh -L AES-GCM"] * 6  # three works, also through a jump host
    )
    assert all(figure.baseline > 0 for figure in found if figure.against != "nothing")


def test_how_soon_an_address_is_there_is_measured(bench: Bench) -> None:
    """Both figures of ``up`` are measured."""
    assert all(figure.ours > 0 for figure in figures.ALL["up"](bench))


def test_two_checkouts_are_measured_side_by_side(bench: Bench) -> None:
    """The comparison of two checkouts has a figure of both for each of its four rows."""
    found = against(bench, HERE, seconds=1.8)
    assert [figure.name for figure in found] == [
        "/submit, one client",
        "/runstatus, 64 clients",
        "/running, 64 clients",
        "/submit, 16 clients",
    ]
    assert all(figure.ours > 0 and figure.baseline > 0 for figure in found)


def test_pollers_share_their_queries(bench: Bench) -> None:
    """All pollers share one query at a time, and a query is one command on the login node."""
    with bench.bridge() as service:
        before = service.commands
        answers = load.run(service.url, lambda: load.get("/running"), 64, count=1000)
        assert answers.failed == 0
        assert service.commands - before <= answers.seconds / 5 + 1


def test_the_client_counts_answers_and_errors() -> None:
    """The client counts each response once, and never takes one that is not 200 for a good one."""
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
    """A figure has reached its goal when its ratio or difference is on the better side of it."""
    assert figure.reached is reached
