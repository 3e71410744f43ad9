"""A bridge on the embedded default, as somebody has it who has just installed it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.service import Service

Serve = Callable[..., Service]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """``serve(NAME=value, ...)``: real bridges with these settings, and directories of their own."""
    started: list[Service] = []
    places = {
        "JARVICE_STATE_DIR": str(tmp_path / "state"),
        "JARVICE_JOB_SCRATCH_DIR": f"{tmp_path / 'scratch'}/",
    }
    (tmp_path / "scratch").mkdir()

    def begin(**environ: str) -> Service:
        started.append(Service({"JARVICE_BAREMETAL_CONNECTOR": "local", **places, **environ}))
        return started[-1]

    yield begin
    for service in started:
        service.stop()


@pytest.fixture
def bridge(serve: Serve) -> Service:
    """One on the local connector."""
    return serve()
