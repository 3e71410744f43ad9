"""The local connector under the contract: real processes, in directories of the test's own."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.local.connector import LocalConnector
from dssr.settings import Settings
from tests.connectors.harness import RealHarness
from tests.connectors.real_contract import RealContract


class LocalHarness(RealHarness):
    """Jobs of this machine, with cores enough that none waits for another test's."""

    interval = 0.02
    soonest_walltime = 1

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ahead = 0.0
        self.connector = self.again()

    def again(self) -> LocalConnector:
        settings = Settings(
            state_dir=f"{self._directory}/state/", scratch_dir=f"{self._directory}/scratch/", local_cores=8, answer_timeout=60
        )
        return LocalConnector(settings, lambda: time.time() + self._ahead)

    def later(self, seconds: float) -> None:
        self._ahead += seconds

    def output_files(self) -> set[str]:
        return {path.name for path in (self._directory / "scratch/.jarvice").glob("*.out")}

    def job_directories(self) -> set[str]:
        return {path.name for path in (self._directory / "scratch/.jarvice/jobs").glob("*")}

    def end_all(self) -> None:
        """Leave no process behind."""
        for status in self.connector.snapshot().values():
            self.connector.cancel(status.ref)
        self.wait(lambda: not self.connector.snapshot())


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[RealHarness]:
    """A local connector onto empty directories."""
    harness = LocalHarness(tmp_path)
    yield harness
    harness.end_all()


class TestLocal(RealContract):
    """All the rules, with scripts that run."""
