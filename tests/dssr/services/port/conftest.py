"""A services port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dssr.services.port.ports import RunningPort, services_port


@pytest.fixture
def port(folder: Path) -> Iterator[RunningPort]:
    """A services port in the folder."""
    with services_port(folder) as running:
        yield running
