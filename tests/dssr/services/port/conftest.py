"""A folder for fronts and their services port."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dssr.services.port.ports import RunningPort, services_port


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder that no other user can enter, whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="port.") as name:
        yield Path(name)


@pytest.fixture
def port(folder: Path) -> Iterator[RunningPort]:
    """A services port in the folder."""
    with services_port(folder) as running:
        yield running
