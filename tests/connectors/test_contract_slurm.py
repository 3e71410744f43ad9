"""The Slurm connector under the contract, on the real cluster, for each generation of Slurm."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.job import JobRef
from dssr.seams import Connector
from dssr.settings.reading import parse
from dssr.testing.abilities import ClusterContract
from dssr.testing.directory_listing import DirectoryListingContract
from dssr.testing.harness import ListingHarness
from dssr.testing.job_files import JobFilesContract
from dssr.testing.script_connector import ScriptConnectorContract
from dssr.testing.script_records import ScriptRecordsContract
from tests.cluster import Cluster
from tests.connectors.directives_contract import DirectivesContract

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


class SlurmHarness(ListingHarness):
    """A connector onto a real cluster."""

    soonest_walltime = 60  # Slurm's limits are whole minutes
    walltime_patience = 150.0
    user, scratch = "jarvice", "/home/jarvice/scratch/.jarvice"
    state_dir = "/home/jarvice/.jarvice/state"
    changes: Mapping[str, str] = MappingProxyType({})  # of the bridge's settings

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        quick = {"JARVICE_SNAPSHOT_AGE": "0.2", "JARVICE_SETTLING_TIME": "20"}
        self.settings: SlurmSettings = parse(
            cluster.settings() | quick | dict(self.changes), SlurmSettings
        )
        self.scratch_dir = self.settings.scratch_dir or f"/home/{self.user}/"
        self.connector = self.connect()
        self._others: list[Connector] = []

    def connect(self) -> Connector:
        """A connector as these settings make it."""
        return SlurmConnector(self.settings)

    def again(self) -> Connector:
        self._others.append(self.connect())
        return self._others[-1]

    def with_roots(self, *roots: str) -> Connector:
        self.settings = replace(self.settings, pvcls_roots=roots)
        return self.again()

    def sh(self, script: str, *words: str) -> str:
        done = self.cluster.run("login", ["/bin/sh", "-c", script, "sh", *words], user=self.user)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def later(self, seconds: float) -> None:
        """Make the files older: the file server's clock decides."""
        state = f"/home/{self.user}/.jarvice/state/jobs"
        older = 'for f; do touch -d "@$(($(stat -c %Y "$f") - $0))" "$f"; done'
        age = ["-exec", "sh", "-c", older, str(int(seconds)), "{}", "+"]
        find = ["find", state, "-name", "answered", *age]
        self.cluster.run("login", find, user=self.user)

    def hasten_time_limit(self, ref: JobRef) -> float:
        """The controller has the limit that was asked for, a minute; an operator shortens it."""
        limit = self.cluster.run("login", ["squeue", "-h", "-j", ref.native_id, "-o", "%l"]).stdout
        assert limit.strip() == b"1:00"
        end = [f"jobid={ref.native_id}", "EndTime=now+1"]
        assert self.cluster.run("login", ["scontrol", "update", *end]).returncode == 0
        return 0

    def output_files(self) -> set[str]:
        return {f.name for f in self.cluster.path(self.scratch).glob("*.out")}

    def job_directories(self) -> set[str]:
        return {f.name for f in self.cluster.path(f"{self.scratch}/jobs").glob("*")}

    def end(self) -> None:
        """Leave nothing running."""
        self.cluster.run("login", ["scancel", "-u", self.user])
        for connector in (self.connector, *self._others):
            connector.close()


@pytest.fixture
def harness(any_cluster: Cluster) -> Iterator[ListingHarness]:
    """A connector of the test's own onto a cluster of each generation in turn."""
    harness = SlurmHarness(any_cluster)
    yield harness
    harness.end()


class TestSlurm(
    ScriptConnectorContract,
    DirectivesContract,
    DirectoryListingContract,
    ScriptRecordsContract,
    ClusterContract,
    JobFilesContract,
):
    """All the rules, with scripts that run on compute nodes."""
