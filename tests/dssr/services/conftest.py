"""Services of this machine, and a folder for their fronts."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dssr.seams import Way
from dssr.services.bridge_services import BridgeServices
from dssr.services.port.services_port import ServicesPort
from dssr.settings import Settings
from tests.dssr.services.bridges import Begin
from tests.dssr.services.folders import FoldersConnector
from tests.end_to_end.interactive import end_processes


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder that no other user can enter, whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="svc.") as name:
        yield Path(name)


@pytest.fixture
def connector(tmp_path: Path) -> Iterator[FoldersConnector]:
    """A connector that runs services."""
    made = FoldersConnector(tmp_path / "files")
    yield made
    made.stop()


@pytest.fixture
def begin(folder: Path, connector: Any) -> Iterator[Begin]:
    """Begins a bridge's services; each call is another bridge of the same place."""
    begun: list[BridgeServices] = []

    def bridge() -> BridgeServices:
        port = ServicesPort(
            folder / "bridges" / "b", Settings(services_port=0), lambda: Way("", {})
        )
        begun.append(BridgeServices(connector, port, folder / "known", lambda _: "launch", 0.5))
        return begun[-1]

    yield bridge
    for each in begun:
        each.close()
    end_processes(folder)
