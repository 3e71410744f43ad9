"""A running relay."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.slurm.services.programs.relays import Relay


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """A relay that ends with the test."""
    os.chmod(tmp_path, 0o700)
    started = Relay(tmp_path)
    yield started
    started.process.kill()
    started.process.wait()
    started.program.close()
