"""The local connector under the contract: real processes, in directories of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.harness import RealHarness
from tests.connectors.listing_contract import ListingContract
from tests.connectors.local.harness import LocalHarness
from tests.connectors.real_contract import RealContract


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[RealHarness]:
    """A local connector onto empty directories."""
    harness = LocalHarness(tmp_path)
    yield harness
    harness.end_all()


class TestLocal(RealContract, ListingContract):
    """All the rules, with scripts that run."""
