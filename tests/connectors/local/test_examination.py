"""The doctor on this machine."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.local.connector import LocalConnector
from connectors.local.examination import CHECKS
from connectors.local.settings import LocalSettings
from dssr.seams import Examines, Finding, Status


def examined(settings: LocalSettings, with_jobs: bool = False) -> dict[str, Finding]:
    """What the doctor finds."""
    connector = LocalConnector(settings)
    try:
        assert isinstance(connector, Examines)
        return {finding.name: finding for finding in connector.examine(with_jobs, [])}
    finally:
        connector.close()


def made_in_tmp() -> set[str]:
    """The directories of doctors."""
    return {name for name in os.listdir(tempfile.gettempdir()) if name.startswith("dssr-doctor")}


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    """Directories of their own."""
    return LocalSettings(
        state_dir=f"{tmp_path}/a/state/", scratch_dir=f"{tmp_path}/", executor="native"
    )


def test_this_machine(settings: LocalSettings, tmp_path: Path) -> None:
    """A job runs here, and nothing is left; without jobs that check is skipped."""
    before = made_in_tmp()
    found = examined(settings, with_jobs=True)
    assert tuple(found) == CHECKS
    assert {finding.status for finding in found.values()} == {Status.OK}
    assert list(tmp_path.iterdir()) == []
    assert made_in_tmp() == before
    assert examined(settings)["canary"].status is Status.SKIPPED


def test_a_directory_that_takes_no_files(settings: LocalSettings) -> None:
    """A directory in which nothing can be written fails, and no job is tried."""
    found = examined(replace(settings, state_dir="/proc/nowhere/"), with_jobs=True)
    assert (found["state-directory"].status, found["canary"].status) == (
        Status.FAILURE,
        Status.SKIPPED,
    )
    assert found["state-directory"].setting == "JARVICE_STATE_DIR"


def test_no_container_program(
    settings: LocalSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A container program is needed by the executor that uses it alone."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert examined(settings)["container"].status is Status.OK
    needing = examined(replace(settings, executor="singularity"))["container"]
    assert (needing.status, "export JARVICE_BAREMETAL_EXECUTOR='native'" in needing.cure) == (
        Status.FAILURE,
        True,
    )
