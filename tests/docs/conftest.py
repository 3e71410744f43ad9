"""Bridges for the documentation's commands: on the local connector, and to the real Slurm
cluster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Service

Serve = Callable[..., Service]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """``serve(NAME=value, ...)`` starts a bridge with these settings and directories of its own."""
    started: list[Service] = []
    own = {
        "JARVICE_STATE_DIR": str(tmp_path / "state"),
        "JARVICE_JOB_SCRATCH_DIR": f"{tmp_path / 'scratch'}/",
    }
    (tmp_path / "scratch").mkdir()

    def begin(**environ: str) -> Service:
        started.append(Service({"JARVICE_BAREMETAL_CONNECTOR": "local", **own, **environ}))
        return started[-1]

    yield begin
    for service in started:
        service.stop()


@pytest.fixture
def bridge(serve: Serve) -> Service:
    """A bridge on the local connector."""
    return serve()


@pytest.fixture(scope="module")
def slurm_bridge(cluster: Cluster) -> Iterator[Service]:
    """A bridge to the run's own cluster with the executor ``singularity``."""
    service = Service(cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "singularity"})
    yield service
    service.stop()
