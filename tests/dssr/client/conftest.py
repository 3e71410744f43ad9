"""Clients of every kind, over bridges that run jobs on this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.client import Client
from tests.end_to_end.service import Service


def environ_of(home: Path) -> dict[str, str]:
    """The environment of a user with that home directory, who has set nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JARVICE_", "DSSR_", "XDG_"))}
    return kept | {"HOME": str(home), "JARVICE_SNAPSHOT_AGE": "0.2"}


@pytest.fixture(scope="module", params=["served", "in process"])
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A client that calls a bridge over HTTP, and one that has it in its own process."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        if request.param == "in process":
            with Client(environ=environ_of(home)) as made:
                yield made
            return
        service = Service({"HOME": str(home), "JARVICE_BAREMETAL_CONNECTOR": "local"})
        with Client(service.url, environ={}) as made:
            yield made
        service.stop()
