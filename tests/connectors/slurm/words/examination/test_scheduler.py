"""What Slurm says of the cluster, from what three generations really print."""

import pytest

from connectors.slurm.words.examination.scheduler import Scheduler, scheduler, version
from tests.cluster.record_view import MARK
from tests.connectors.slurm.recordings import GENERATIONS, recorded

ACCOUNTS = f"""
{MARK} own
Welcome to the cluster: read the news
research|
limited|
limited|

{MARK}=0

{MARK} all
research|
water|
research|

{MARK}=0
"""


def shown(generation: str = "24.11", name: str = "view.txt") -> Scheduler:
    """The answers of that generation, and some accounts."""
    return scheduler(recorded(generation, name) + ACCOUNTS, MARK)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_cluster(generation: str) -> None:
    """Configuration, partitions and usable nodes are read from the answers of each generation."""
    found = shown(generation)
    assert found.answers
    assert found.keeps_accounting
    assert version(found.config) == tuple(map(int, generation.split(".")))
    assert [node.name for node in found.usable_nodes("")] == ["node1"]
    assert [node.name for node in found.usable_nodes("closed")] == []
    assert found.partition("") == found.partition("batch")
    assert found.partition("nowhere") is None


def test_accounts() -> None:
    """The user's accounts come once each and without a site's banner; the usual account is the
    default one of most users."""
    assert shown().accounts == ("research", "limited")
    assert shown().usual_account == "research"


def test_without_accounting() -> None:
    """A cluster that keeps no accounting says so in its configuration."""
    assert not shown(name="view_without_accounting.txt").keeps_accounting


@pytest.mark.parametrize("generation", GENERATIONS)
def test_without_a_controller(generation: str) -> None:
    """A controller that does not answer shows nothing, and what it said is kept."""
    found = scheduler(recorded(generation, "view_controller_down.txt"), MARK)
    assert not found.answers
    assert found.said("config").code != 0
    assert found.usable_nodes("") == []
    assert found.usual_account == ""


@pytest.mark.parametrize(
    ("text", "release"), [("24.11.5", (24, 11)), ("20.02.0-1", (20, 2)), ("", None)]
)
def test_the_release(text: str, release: tuple[int, int] | None) -> None:
    """The release is the first two numbers of the version."""
    assert version({"SLURM_VERSION": text}) == release
