"""A folder for fronts, whose path is short enough for Unix sockets."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder that no other user can enter."""
    with tempfile.TemporaryDirectory(prefix="front.") as name:
        yield Path(name)
