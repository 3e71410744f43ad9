"""The shapes of the contract."""

import pytest

from dssr.http.legacy import wire
from dssr.job import JobRef, JobResult, JobState, JobStatus, Output


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00:00"),
        (59, "00:00:59"),
        (3600, "01:00:00"),
        (93784, "26:03:04"),
        (100 * 3600, "100:00:00"),
        (-1, "00:00:00"),
    ],
)
def test_a_clock_runs_past_24_hours(seconds: int, text: str) -> None:
    """The hours of a time run past 24: Slurm's 1-02:03:04 is 26:03:04."""
    assert wire.clock(seconds) == text


def test_every_state_that_the_contract_does_not_name_is_minus_9() -> None:
    """Every final state that the contract does not name is -9, also one of a newer Slurm."""
    named = {
        "COMPLETED": 0,
        "FAILED": 1,
        "NODE_FAIL": 1,
        "OUT_OF_MEMORY": 1,
        "CANCELLED": -15,
        "DEADLINE": -15,
        "PREEMPTED": -15,
    }
    assert {s.value: wire.rc(s) for s in JobState} == {
        s.value: named.get(s.value, -9) for s in JobState
    }


def test_a_status_repeats_the_path_that_request_takes() -> None:
    """The status has name/number/jobid as the upstream sent them."""
    ref = JobRef("job", 7, "42")
    assert wire.status(ref, JobStatus(ref, JobState.RUNNING, 5, ("a",))) == [
        ["a"],
        "00:00:05",
        "job/7/42",
        None,
    ]


def test_a_reason_is_shown_for_a_lost_job_only() -> None:
    """The reason is a part of the output of a lost job alone."""
    ended = JobResult(JobState.FAILED, 1, Output(b"x"), reason="the record of the batch script")
    assert wire.result(ended)[2][0] == "x"


def test_a_lost_job_without_output_shows_the_reason_alone() -> None:
    """A lost job without output shows the reason alone, without an empty line before it."""
    assert (
        wire.result(JobResult(JobState.UNKNOWN, 0, Output(b""), reason="gone"))[2][0]
        == "<< dssr: gone >>"
    )


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"<html>", "application/octet-stream"),
        (b"", "text/plain; charset=utf-8"),
    ],
)
def test_a_screenshot_is_what_its_first_bytes_say(image: bytes, kind: str) -> None:
    """Only what begins as an image is sent as one: a page that a job offers is never shown."""
    assert wire.image_type(image) == kind
