"""The exit code of commands that end as the job did."""

from typing import Any, cast

import pytest

from dssr.cli.ending import exit_code_of, sentence
from dssr.client.documents import JobDocument


def job_that(**members: Any) -> JobDocument:
    """A job that ended like this."""
    usual = {"id": "7", "exit_code": None, "signal": None, "explanation": ""}
    return cast(JobDocument, usual | members)


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ({"state": "COMPLETED", "exit_code": 0}, 0),
        ({"state": "FAILED", "exit_code": 3}, 3),
        ({"state": "FAILED", "exit_code": 137, "signal": 9}, 137),
        ({"state": "CANCELLED", "exit_code": 0, "signal": 15}, 143),
        ({"state": "TIMEOUT", "exit_code": 0, "signal": 15}, 124),
        ({"state": "OUT_OF_MEMORY", "signal": 9}, 137),
        ({"state": "NODE_FAIL", "exit_code": 0}, 125),
        ({"state": "CANCELLED"}, 125),
        ({"state": "LOST"}, 125),
    ],
)
def test_exit_codes(job: dict[str, Any], code: int) -> None:
    """The code is the job's own, 128 and its signal, or 124; without any it is 125, never 0."""
    assert exit_code_of(job_that(**job)) == code


def test_the_sentence() -> None:
    """The sentence has the state, the code or the signal, and why."""
    failed = job_that(state="FAILED", exit_code=3, explanation="Exit code 3.")
    assert sentence(failed) == "Job 7 is FAILED with exit code 3: Exit code 3."
    forged = job_that(state="FAILED", explanation="\x1b[2Jdone\n")
    assert sentence(forged) == "Job 7 is FAILED: ?[2Jdone?"
    killed = job_that(state="CANCELLED", exit_code=0, signal=15)
    assert sentence(killed) == "Job 7 is CANCELLED by signal 15"


def test_a_code_is_said_once() -> None:
    """An explanation that names the exit code is not preceded by it."""
    words = "Exit code 7: a code of the program's own."
    failed = {"state": "FAILED", "exit_code": 7}
    assert sentence(job_that(**failed, explanation=words)) == f"Job 7 is FAILED: {words}"
    assert sentence(job_that(**failed)) == "Job 7 is FAILED with exit code 7"
