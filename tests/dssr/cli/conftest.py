"""Bridges in processes of their own, and users of them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dssr.cli.process import Process
from tests.dssr.cli.running import Dssr, home_of
from tests.end_to_end.service import Service


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user with a home directory of their own, and no setting but a free port."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JARVICE_", "WAITRESS_"))}
    return kept | {
        "HOME": str(tmp_path),
        "WAITRESS_PORT": "0",
        "JARVICE_BAREMETAL_CONNECTOR": "dummy",
    }


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Start a process that does not outlive the test."""
    started: list[Process] = []

    def begin(*arguments: Any) -> Process:
        started.append(Process(*arguments))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A bridge that runs jobs on this machine, for all files of tests."""
    home = tmp_path_factory.mktemp("bridge")
    started = Service({"HOME": str(home), "JARVICE_BAREMETAL_CONNECTOR": "local"})
    yield started
    started.stop()


@pytest.fixture
def user(tmp_path: Path, service: Service) -> dict[str, str]:
    """The environment of a new user who uses that bridge."""
    return home_of(tmp_path) | {"DSSR_URL": service.url}


@pytest.fixture
def dssr(user: dict[str, str]) -> Dssr:
    """Runs commands as that user."""
    return Dssr(user)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, which is the current one."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory
