"""The states of the API for people."""

import pytest

from dssr.job import JobState
from dssr.jobs.states import ACTIVE, ENDED, reason_of, state_of
from tests.dssr.jobs.records import record

MAPPED = {
    "CONFIGURING": "PENDING", "STOPPED": "SUSPENDED", "REQUEUE_HOLD": "HELD",
    "SPECIAL_EXIT": "HELD", "RESV_DEL_HOLD": "HELD", "SIGNALING": "COMPLETING",
    "STAGE_OUT": "COMPLETING", "RESIZING": "RUNNING", "REQUEUE_FED": "REQUEUED",
    "REVOKED": "CANCELLED", "LAUNCH_FAILED": "FAILED",
}  # fmt: skip


@pytest.mark.parametrize("state", JobState)
def test_each_state_of_slurm_has_a_word_of_the_contract(state: JobState) -> None:
    """A state is one of the contract's, a final one is among the ended, and the reason names
    Slurm's own state where the word is another one."""
    job = record("1", state=state, reason="Priority", is_final=state.is_final)
    assert state_of(job) == MAPPED.get(state.value, state.value)
    assert (state_of(job) in ENDED) == state.is_final
    assert (state_of(job) in ACTIVE) != state.is_final
    assert reason_of(job) == (state.value if state.value in MAPPED else "Priority")


def test_a_job_that_waits_to_be_released_is_held() -> None:
    """A held job is HELD while it is pending, with the scheduler's reason, and RUNNING once it
    runs."""
    job = record("1", is_held=True, reason="JobHeldUser")
    assert (state_of(job), reason_of(job)) == ("HELD", "JobHeldUser")
    assert state_of(record("1", is_held=True, state=JobState.RUNNING)) == "RUNNING"


def test_a_job_without_evidence_is_unknown_and_at_last_lost() -> None:
    """UNKNOWN is LOST when it is final."""
    assert state_of(record("1", state=JobState.UNKNOWN)) == "UNKNOWN"
    assert state_of(record("1", state=JobState.UNKNOWN, is_final=True)) == "LOST"
