"""The line about a job that is waited for."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from dssr.cli.following import status
from dssr.client.documents import JobDocument

NOW = datetime(2030, 1, 31, 12, 30, tzinfo=UTC).astimezone()
USUAL: dict[str, Any] = {
    "started_at": None,
    "expected_start_at": None,
    "is_final": False,
    "walltime_seconds": None,
    "explanation": "",
    "reason": "",
}
STARTED = {"state": "RUNNING", "started_at": "2030-01-31T12:00:00Z"}


@pytest.mark.parametrize(
    ("job", "line"),
    [
        ({"state": "PENDING"}, "PENDING"),
        ({"state": "PENDING", "reason": "Resources"}, "PENDING  Resources"),
        ({"state": "HELD", "explanation": "It is held.", "reason": "held"}, "HELD  It is held."),
        (STARTED, "RUNNING  30m"),
        (STARTED | {"walltime_seconds": 3600}, "RUNNING  30m of 1h [##########..........]"),
        (STARTED | {"walltime_seconds": 60}, f"RUNNING  30m of 1m [{'#' * 20}]"),
        (STARTED | {"state": "COMPLETED", "is_final": True}, "COMPLETED"),
    ],
)
def test_the_line(job: dict[str, Any], line: str) -> None:
    """The line has the state, why the job waits, and how much of its time limit has passed."""
    assert status(cast(JobDocument, USUAL | job), NOW) == line


def test_when_it_is_expected_to_start() -> None:
    """A job that waits has the start that the scheduler expects."""
    job = USUAL | {"state": "PENDING", "expected_start_at": "2030-01-31T12:45:00Z"}
    clock = datetime(2030, 1, 31, 12, 45, tzinfo=UTC).astimezone()
    expected = f"PENDING  expected to start {clock:%H:%M:%S}"
    assert status(cast(JobDocument, job), NOW) == expected
