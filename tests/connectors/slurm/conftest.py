"""Bridges that act for users, on a cluster of their own; and login nodes without a cluster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from tests.cluster import Cluster, Options
from tests.connectors.slurm.login_node import LoginNode
from tests.connectors.slurm.owned import Bridges
from tests.connectors.slurm.people import People
from tests.connectors.slurm.scripted_node import Node

Begin = Callable[..., SlurmConnector]


@pytest.fixture(scope="package")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster for jobs of users, whose controller forgets a job two seconds after its end."""
    booted = Cluster.up(options=Options(min_job_age=2))
    yield booted
    booted.down()


@pytest.fixture(params=["dash", "bash --posix"])
def login(request: pytest.FixtureRequest, tmp_path: Path) -> LoginNode:
    """A login node without a cluster, for each kind of shell."""
    return LoginNode(request.param, tmp_path)


@pytest.fixture
def bridges(site: Cluster) -> Iterator[Bridges]:
    """Bridges on that cluster."""
    made = Bridges(site)
    yield made
    made.end()


@pytest.fixture
def begin(bridges: Bridges) -> Begin:
    """``begin()``: a bridge's connector; another one is a bridge that was started anew."""
    return bridges.begin


@pytest.fixture
def people(bridges: Bridges) -> People:
    """alice and bob, each with their own key."""
    return bridges.people


@pytest.fixture
def node() -> Node:
    """A login node whose programs say what the test wants."""
    return Node()


@pytest.fixture
def connector(node: Node) -> SlurmConnector:
    """A bridge's connector there."""
    return SlurmConnector(SlurmSettings(answer_timeout=10.0), node)
