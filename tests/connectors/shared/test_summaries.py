"""One sentence about a job, from its record alone."""

from typing import Any

import pytest

from connectors.shared.summaries import summary
from dssr.job import JobRef, JobState, Resources
from dssr.record import JobRecord


def said(state: JobState, **more: Any) -> str:
    """The sentence about a job in that state."""
    job = JobRecord("d-7", JobRef("job", 1, "7"), state, is_final=state.is_final, **more)
    return summary(job, lambda reason: f"It waits for {reason}.")


@pytest.mark.parametrize(
    ("state", "more", "sentence"),
    [
        ("PENDING", {"reason": "cores"}, "It waits for cores."),
        ("PENDING", {"is_held": True}, "It is held: release it to let it start."),
        ("PENDING", {"is_held": True, "reason": "release"}, "It waits for release."),
        ("SPECIAL_EXIT", {"reason": "release"}, "It waits for release."),
        ("REQUEUE_HOLD", {"reason": "release"}, "It waits for release."),
        ("CONFIGURING", {}, "It has its nodes, and they are being made ready for it."),
        ("RUNNING", {"reason": "None"}, ""),
        ("SUSPENDED", {}, "It is suspended: it keeps its nodes and does not run."),
        ("COMPLETED", {"exit_code": 0}, ""),
        ("COMPLETING", {"ordered": 1.0}, "It is being cancelled."),
        ("FAILED", {"exit_code": 127},
         "Exit code 127: a command, or a shared library of one, was not found."),
        ("FAILED", {"exit_code": 139, "signal": 11},
         "Signal 11 (SIGSEGV): the program reached memory that is not its own (segmentation "
         "fault)."),
        ("FAILED", {"reason": "JobLaunchFailure"}, "It failed (JobLaunchFailure)."),
        ("FAILED", {"reason": "None"}, "It failed."),
        ("TIMEOUT", {"resources": Resources(walltime=5400)},
         "It reached its time limit of 1 h 30 min."),
        ("TIMEOUT", {}, "It reached its time limit."),
        ("OUT_OF_MEMORY", {"resources": Resources(memory_mb=2048)},
         "It used more memory than the 2 GB that it had, and was killed."),
        ("OUT_OF_MEMORY", {}, "It used more memory than it had, and was killed."),
        ("NODE_FAIL", {"nodes": ("n1", "n2")}, "One of its nodes failed (n1, n2)."),
        ("CANCELLED", {"reason": "by root"}, "It was cancelled (by root)."),
        ("PREEMPTED", {}, "It was ended to make room for a job of higher rank."),
    ],
)  # fmt: skip
def test_each_state_has_its_sentence(state: str, more: dict[str, Any], sentence: str) -> None:
    """A job that waits or failed has a sentence with its figures; one that runs has none."""
    assert said(JobState(state), **more) == sentence


def test_a_lost_job_is_not_one_whose_state_is_unknown_at_the_moment() -> None:
    """That its end is unknown is said of a job that has ended for good."""
    job = JobRecord("d-7", JobRef("job", 1, "7"), JobState.UNKNOWN, is_final=True, reason="no row")
    assert summary(job, str) == "How it ended is unknown (no row)."
    assert said(JobState.UNKNOWN) == ""


@pytest.mark.parametrize("state", list(JobState))
def test_every_sentence_is_whole(state: JobState) -> None:
    """There is a whole sentence or none, for each state."""
    sentence = said(state, reason="x", nodes=("n1",))
    assert sentence == "" or sentence.endswith(".")
