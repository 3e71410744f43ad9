"""The Slurm connector under the contract while it acts for users.

The jobs are alice's, and the service user cannot read alice's files.
"""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from connectors.slurm.connector import SlurmConnector
from dssr.job import JobSpec, JobState
from dssr.seams import Connector
from dssr.testing.abilities import ClusterContract
from dssr.testing.harness import ListingHarness, ScriptHarness
from dssr.testing.script_connector import ScriptConnectorContract
from dssr.testing.script_records import ScriptRecordsContract
from tests.cluster import Cluster
from tests.connectors.slurm.people import People
from tests.connectors.test_contract_slurm import SlurmHarness

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


class OwnersHarness(SlurmHarness):
    """A connector that acts for the cluster's users."""

    user, scratch = "alice", "/home/alice/.jarvice"
    changes = MappingProxyType({"JARVICE_JOB_SCRATCH_DIR": ""})

    def connect(self) -> Connector:
        connector = SlurmConnector(self.settings)
        connector.act_for(People(dict.fromkeys(("alice", "bob"), self.cluster.private_key)))
        return connector

    def job(self, script: str, name: str = "", **fields: Any) -> JobSpec:
        return super().job(script, name, owner=self.user, **fields)


@pytest.fixture
def harness(cluster: Cluster) -> Iterator[ListingHarness]:
    """A connector of the test's own."""
    harness = OwnersHarness(cluster)
    yield harness
    harness.end()


class TestSlurmForUsers(ScriptConnectorContract, ScriptRecordsContract, ClusterContract):
    """The rules, except one."""

    def test_without_its_native_id_the_newest_job_of_a_name_is_meant(
        self, harness: ScriptHarness
    ) -> None:
        """A reference without a native id is unknown: two owners may have jobs of that name."""
        ref = harness.submit(harness.succeeding(harness.name()))
        assert harness.result(ref).state is JobState.COMPLETED
        assert harness.connector.result(replace(ref, native_id="")) is None
