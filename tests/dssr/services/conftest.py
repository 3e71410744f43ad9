"""Services of this machine, and a folder for their fronts."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dssr.services.folders import FoldersConnector


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
