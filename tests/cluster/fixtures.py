"""pytest fixtures: ``pytest_plugins = ["tests.cluster.fixtures"]`` in tests/conftest.py."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.cluster import machine
from tests.cluster.cluster import Cluster
from tests.cluster.errors import ImpossibleHere
from tests.cluster.generations import DEFAULT_GENERATION, GENERATIONS
from tests.cluster.layout import USERS
from tests.cluster.options import Options

ClusterFactory = Callable[..., Cluster]


@pytest.fixture(scope="session")
def cluster_possible() -> None:
    """Skip the tests that need a cluster where none can run; with CI=true they fail instead."""
    try:
        machine.require()
    except ImpossibleHere as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shared_cluster(cluster_possible: None) -> Iterator[Cluster]:
    """One well-behaved cluster of the default generation, for all test files of this process."""
    booted = Cluster.up(DEFAULT_GENERATION)
    yield booted
    booted.down()


@pytest.fixture(scope="module")
def cluster(shared_cluster: Cluster) -> Iterator[Cluster]:
    """The shared cluster; all jobs are cancelled after the last test of a file."""
    yield shared_cluster
    for user in USERS:
        shared_cluster.run("login", ["/usr/bin/scancel", "-u", user])


@pytest.fixture(scope="module", params=list(GENERATIONS))
def any_cluster(request: pytest.FixtureRequest, cluster_possible: None) -> Iterator[Cluster]:
    """A cluster of each generation in turn; that of the default generation is the shared one."""
    if request.param == DEFAULT_GENERATION:
        yield request.getfixturevalue("cluster")
        return
    booted = Cluster.up(request.param)
    yield booted
    booted.down()


@pytest.fixture(scope="module")
def cluster_factory(cluster_possible: None) -> Iterator[ClusterFactory]:
    """``cluster_factory(generation="24.11", options=Options(...))``: more clusters, which end with
    the module."""
    booted: list[Cluster] = []

    def factory(generation: str = DEFAULT_GENERATION, options: Options | None = None) -> Cluster:
        booted.append(Cluster.up(generation, options))
        return booted[-1]

    yield factory
    for each in booted:
        each.down()
