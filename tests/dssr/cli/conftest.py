"""A bridge in a process of its own, with its environment."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dssr.cli.process import Process


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
