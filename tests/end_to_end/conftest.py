"""A bridge for each executor, on the shared cluster."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Service

Start = Callable[..., Service]


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """``start(settings)``: bridges that end with the module."""
    started: list[Service] = []

    def begin(settings: Mapping[str, str]) -> Service:
        started.append(Service(settings))
        return started[-1]

    yield begin
    for service in started:
        service.stop()


@pytest.fixture(scope="module")
def native(cluster: Cluster, start: Start) -> Service:
    """The cluster's bridge with the native executor."""
    return start(cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"})


@pytest.fixture(scope="module")
def singularity(cluster: Cluster, start: Start) -> Service:
    """The cluster's bridge with the Singularity executor."""
    return start(cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "singularity"})
