"""How a job looks in JSON."""

import pytest

from dssr.http.v1.rendering import members
from dssr.job import JobRef, JobState
from dssr.record import JobRecord


@pytest.mark.parametrize(("is_held", "shown"), [(False, "2030-01-31T12:00:00Z"), (True, None)])
def test_a_held_job_has_no_expected_start(is_held: bool, shown: str | None) -> None:
    """A job that is held starts when it is released, whatever the scheduler expected before."""
    ref = JobRef("job", 1, "7")
    job = JobRecord("x", ref, JobState.PENDING, expected_start=1896091200.0, is_held=is_held)
    assert members(job)["expected_start_at"] == shown
