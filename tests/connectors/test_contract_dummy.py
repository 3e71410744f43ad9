"""The dummy connector under the contract, with a clock that advances only when a test waits."""

from dataclasses import replace

import pytest

from connectors.dummy.connector import DummyConnector
from connectors.dummy.jobs import fails
from connectors.dummy.settings import DummySettings
from dssr.job import JobSpec
from dssr.testing.abilities import CheckContract, ClusterContract, HoldContract, OutputContract
from dssr.testing.connector import ConnectorContract
from dssr.testing.harness import Harness
from dssr.testing.records import RecordsContract

PERCENT = 50


class DummyHarness(Harness):
    """Each look takes a second of the dummy's time and none of the test's."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        settings = DummySettings(dummy_queued=2, dummy_running=5, dummy_failing=PERCENT)
        self.connector = DummyConnector(settings, lambda: self.now)

    def succeeding(self, name: str, number: int = 1) -> JobSpec:
        return self._job(name, number, failing=False)

    def failing(self, name: str, number: int = 1) -> JobSpec:
        return self._job(name, number, failing=True)

    def lasting(self, name: str, number: int = 1) -> JobSpec:
        return self.succeeding(name, number)

    def later(self, seconds: float) -> None:
        self.now += seconds

    def pass_time(self) -> None:
        self.now += 1

    def _job(self, name: str, number: int, failing: bool) -> JobSpec:
        spec = JobSpec(name, number, 1, "", "echo")
        specs = (replace(spec, source=f"script {n}") for n in range(1000))
        return next(spec for spec in specs if fails(spec.token, PERCENT) is failing)


@pytest.fixture
def harness() -> Harness:
    """A new dummy connector."""
    return DummyHarness()


class TestDummy(
    ConnectorContract,
    RecordsContract,
    HoldContract,
    OutputContract,
    CheckContract,
    ClusterContract,
):
    """The rules for connectors that run nothing."""
