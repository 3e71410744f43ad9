"""How a job looks in JSON."""

import json
import time
from typing import Any

import pytest
from flask import Flask

from dssr.http.v1.rendering import JobRenderer, members
from dssr.job import JobRef, JobState
from dssr.jobs.page import Page
from dssr.record import JobRecord


@pytest.mark.parametrize(("is_held", "shown"), [(False, "2030-01-31T12:00:00Z"), (True, None)])
def test_a_held_job_has_no_expected_start(is_held: bool, shown: str | None) -> None:
    """A job that is held starts when it is released, whatever the scheduler expected before."""
    ref = JobRef("job", 1, "7")
    job = JobRecord("x", ref, JobState.PENDING, expected_start=1896091200.0, is_held=is_held)
    assert members(job)["expected_start_at"] == shown


@pytest.mark.parametrize(
    ("more", "age"),
    [
        ({"evidence": ("squeue",)}, 60),
        ({"evidence": ("cancellation",), "ordered": -3.0}, 3),
        ({"evidence": ("cancellation",), "ordered": -90.0}, 60),
        ({"evidence": ("submission",), "submitted": -5.0}, 5),
        ({"evidence": ("submission",), "submitted": 30.0}, 0),
        ({"evidence": ("squeue",), "submitted": -5.0}, 60),
    ],
)
def test_what_is_known_from_an_order_is_as_old_as_that(more: dict[str, Any], age: int) -> None:
    """A job that this bridge has just submitted or cancelled is known since then, and not since the
    scheduler was asked before; in a list, too, whose own age is that of the scheduler's list."""
    clocks = {"ordered": time.monotonic(), "submitted": time.time()}
    since = {name: clocks[name] + more[name] for name in clocks if name in more}
    job = JobRecord("x", JobRef("job", 1, "7"), JobState.COMPLETING, **more | since)
    taken, renderer = time.monotonic() - 60, JobRenderer(lambda _: "")
    assert json.loads(renderer.text(job, taken))["age_seconds"] == pytest.approx(age, abs=1)
    with Flask(__name__).test_request_context():
        listed = renderer.page(Page([job], None, taken)).json
    assert listed is not None
    assert listed["age_seconds"] == pytest.approx(60, abs=1)
    assert listed["items"][0]["age_seconds"] == pytest.approx(age, abs=1)
