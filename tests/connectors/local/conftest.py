"""Local connectors for the tests of their parts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.local.harness import LocalHarness

Make = Callable[..., LocalHarness]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes connectors onto the same directories, with the settings that a test needs; ends their
    jobs afterwards."""
    made: list[LocalHarness] = []

    def make_one(**fields: Any) -> LocalHarness:
        made.append(LocalHarness(tmp_path, **fields))
        return made[-1]

    yield make_one
    for harness in made:
        harness.end_all()


@pytest.fixture
def site(make: Make) -> LocalHarness:
    """A connector with more cores than a test needs."""
    return make()
