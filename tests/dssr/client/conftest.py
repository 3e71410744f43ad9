"""Clients of every kind, over bridges that run jobs on this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.client import Client
from tests.end_to_end.service import Service


def environ_of(home: Path) -> dict[str, str]:
    """The environment of a user with that home directory, who has set nothing about jobs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JARVICE_", "DSSR_", "XDG_"))}
    return kept | {"HOME": str(home), "JARVICE_SNAPSHOT_AGE": "0.2"}


def here(home: Path) -> dict[str, str]:
    """The same, where jobs run on this machine: their directories are in that home directory, also
    when a bridge in the tests' own process runs them."""
    (home / "scratch").mkdir(exist_ok=True)
    directories = {
        "JARVICE_STATE_DIR": str(home / "state"),
        "JARVICE_JOB_SCRATCH_DIR": f"{home / 'scratch'}/",
    }
    return environ_of(home) | directories


SERVED, HERE, SLURM = "served", "in process", "in process, on Slurm"
WAYS = [SERVED, HERE, pytest.param(SLURM, marks=pytest.mark.cluster)]


@pytest.fixture(scope="module", params=WAYS)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A client that calls a bridge over HTTP, and two that have it in their own process: for this
    machine, and for the real Slurm cluster."""
    home = tmp_path_factory.mktemp("home")
    if request.param == SLURM:
        cluster = request.getfixturevalue("cluster")
        executor = {"JARVICE_BAREMETAL_EXECUTOR": "native"}
        environ = environ_of(home) | cluster.settings() | executor
        with Client(cluster=cluster.address, environ=environ) as made:
            yield made
    elif request.param == HERE:
        with Client(environ=here(home)) as made:
            yield made
    else:
        service = Service(here(home))
        with Client(service.url, environ={"HOME": str(home)}) as made:
            yield made
        service.stop()
