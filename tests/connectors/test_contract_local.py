"""The local connector under the contract: real processes in directories of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.testing.abilities import ClusterContract
from dssr.testing.directory_listing import DirectoryListingContract
from dssr.testing.harness import ListingHarness
from dssr.testing.job_files import JobFilesContract
from dssr.testing.script_connector import ScriptConnectorContract
from dssr.testing.script_records import ScriptRecordsContract
from tests.connectors.directives_contract import DirectivesContract
from tests.connectors.local.harness import LocalHarness


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ListingHarness]:
    """A local connector onto empty directories."""
    harness = LocalHarness(tmp_path)
    yield harness
    harness.end_all()


class TestLocal(
    ScriptConnectorContract,
    DirectivesContract,
    DirectoryListingContract,
    ScriptRecordsContract,
    JobFilesContract,
    ClusterContract,
):
    """All the rules, with scripts that run."""
