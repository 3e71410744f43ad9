"""How a job ended: every combination of what squeue, sacct, the record and a cancellation
can say."""

from collections.abc import Mapping, Sequence
from itertools import product

import pytest

from connectors.slurm.words.evidence import Evidence, Settling
from connectors.slurm.words.journal import Ending
from connectors.slurm.words.states import MAY_BE_REQUEUED
from dssr.errors import NotFinal, Unavailable
from dssr.job import JobState

SETTLING = 120.0
NOW = 10_000
ENDS = "1795244755|1795244815|00:00.500|"  # when a run started and ended, its processor time
DOWN = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
UNKNOWN = "slurm_load_jobs error: Invalid job id specified"

CONTROLLER: Mapping[str, Sequence[str]] = {
    "running": ["5|RUNNING|1:00|2026-11-21T07:05:55|None|1795244755"],
    "unknown state": ["5|INVENTED|1:00|2026-11-21T07:05:55|None|1795244755"],
    "timeout": ["5|TIMEOUT|1:28|2026-11-21T07:05:55|TimeLimit|1795244755"],
    "node fail": ["5|NODE_FAIL|0:33|2026-11-21T07:05:55|NodeDown|1795244755"],
    "node failing": ["5|NODE_FAIL|0:33|N/A|NodeDown|1795244755"],
    "no such job": [UNKNOWN],
    "nothing": [],
    "silent": [DOWN],
}
ACCOUNTING: Mapping[str, Sequence[str]] = {
    "none": [],
    "down": ["sacct: error: Problem talking to the database: Connection refused"],
    "running": ["5|RUNNING|60|2026-11-21T07:05:55|0:0|" + ENDS],
    "failed": ["5|FAILED|61|2026-11-21T07:05:55|0:0|" + ENDS],
    "node fail": ["5|NODE_FAIL|33|2026-11-21T07:05:55|0:0|" + ENDS],
}
RECORDS: Mapping[str, Sequence[str]] = {
    "none": [],
    "exit 0": ["exit=0", "step=0", "marker=success", "began=9000", "ended=9070", "state="],
    "plain exit 0": ["exit=0", "step=0", "marker=none", "began=9000", "ended=9070", "state="],
    "step killed": ["exit=0", "step=137", "marker=success", "began=9000", "ended=9070", "state="],
    "exit 1": ["exit=1", "step=3", "marker=none", "began=9000", "ended=9070", "state="],
    "told timeout": [
        "exit=1",
        "step=143",
        "marker=none",
        "began=9000",
        "ended=9070",
        "state=TIMEOUT",
    ],
}
CANCELLATIONS: Mapping[str, Sequence[str]] = {"none": [], "before the end": ["9050"]}
SETTLED: Mapping[str, Sequence[str]] = {
    "long missing": ["9000"],
    "just missing": [str(NOW - 5)],
    "not noted": [],
}


def expected(
    controller: str, accounting: str, record: str, cancelled: str, settled: str
) -> tuple[object, int]:
    """The rules, in the order in which they outrank each other; the second is the elapsed time in
    seconds."""
    if controller in ("running", "unknown state", "node failing"):
        return NotFinal, 0
    if controller == "timeout":
        return JobState.TIMEOUT, 88
    if controller == "node fail":
        return JobState.NODE_FAIL, 33
    if accounting == "failed":
        return JobState.FAILED, 61
    if accounting == "node fail":  # it may run again, unless the controller has forgotten it
        return (Unavailable, 0) if controller == "silent" else (JobState.NODE_FAIL, 33)
    alone = record in (
        "exit 0",
        "told timeout",
    )  # nothing that Slurm may say later can be at odds with these
    if record != "none" and (alone or controller != "silent"):
        if record == "exit 1" and cancelled != "none":
            return JobState.CANCELLED, 70
        return {"exit 1": JobState.FAILED, "told timeout": JobState.TIMEOUT}.get(
            record, JobState.COMPLETED
        ), 70
    if controller == "silent":
        return Unavailable, 0
    if cancelled != "none":
        return JobState.CANCELLED, 0
    return (JobState.UNKNOWN, 0) if settled == "long missing" else (Settling, 0)


def evidence(**lines: Sequence[str]) -> Evidence:
    """What one look found."""
    return Evidence.read({"now": [str(NOW)]} | {name: rows for name, rows in lines.items() if rows})


@pytest.mark.parametrize(
    ("controller", "accounting", "record", "cancelled", "settled"),
    list(product(CONTROLLER, ACCOUNTING, RECORDS, CANCELLATIONS, SETTLED)),
)
def test_every_combination(
    controller: str, accounting: str, record: str, cancelled: str, settled: str
) -> None:
    """The evidence decides in its order, and without evidence there is no end."""
    found = evidence(
        squeue=CONTROLLER[controller],
        sacct=ACCOUNTING[accounting],
        record=RECORDS[record],
        cancelled=CANCELLATIONS[cancelled],
        missing=SETTLED[settled],
    )
    outcome, elapsed = expected(controller, accounting, record, cancelled, settled)
    if isinstance(outcome, type):
        with pytest.raises(outcome) as raised:
            found.ending(SETTLING)
        assert type(raised.value) is outcome
    else:
        ending = found.ending(SETTLING)
        assert (ending.state, ending.elapsed) == (outcome, elapsed)


@pytest.mark.parametrize("state", list(JobState))
def test_what_the_controller_lists(state: JobState) -> None:
    """A final state that the controller lists is the answer; another state is what to wait for."""
    found = evidence(squeue=[f"5|{state}|0:10|2026-11-21T07:05:55|None|1795244755"])
    if state.is_final:
        assert found.ending(SETTLING).state is state
    else:
        with pytest.raises(NotFinal, match=rf"it is {state}\. .*[Aa]sk again"):
            found.ending(SETTLING)


@pytest.mark.parametrize("state", [state for state in JobState if state.is_final])
def test_slurms_final_state_outranks_the_record(state: JobState) -> None:
    """Slurm's final state takes precedence over a record with exit code 0."""
    found = evidence(
        squeue=[UNKNOWN],
        sacct=[f"5|{state}|9|2026-11-21T07:05:55|0:0|{ENDS}"],
        record=RECORDS["exit 0"],
    )
    assert found.ending(SETTLING).state is state


def test_the_last_run_of_a_requeued_job_decides() -> None:
    """Of the rows that sacct -D shows, the one of the last run decides."""
    rows = [
        "5|NODE_FAIL|33|2026-11-21T07:05:55|0:0|" + ENDS,
        "5|COMPLETED|7|2026-11-21T07:08:35|0:0|" + ENDS,
    ]
    assert evidence(squeue=[UNKNOWN], sacct=rows).ending(SETTLING) == Ending(JobState.COMPLETED, 7)
    with pytest.raises(NotFinal):
        evidence(
            squeue=[UNKNOWN],
            sacct=[rows[0], "5|RUNNING|7|2026-11-21T07:08:35|0:0|" + ENDS],
            missing=[str(NOW)],
        ).ending(SETTLING)


def test_a_step_that_was_killed_for_its_memory() -> None:
    """A step that was killed for its memory makes the job OUT_OF_MEMORY, also where Slurm calls the
    job FAILED."""
    rows = [
        "5|FAILED|9|2026-11-21T07:05:55|0:0|" + ENDS,
        "5.batch|FAILED|9|x",
        "5.0|OUT_OF_MEMORY|9|x",
    ]
    assert evidence(squeue=[UNKNOWN], sacct=rows).ending(SETTLING).state is JobState.OUT_OF_MEMORY


def test_a_cancellation_after_the_end_changes_nothing() -> None:
    """A job that had failed before its cancellation has failed."""
    found = evidence(squeue=[UNKNOWN], record=RECORDS["exit 1"], cancelled=["9500"])
    assert found.ending(SETTLING).state is JobState.FAILED


def test_an_order_that_did_not_reach_the_job_changes_nothing() -> None:
    """A job that Slurm still calls RUNNING when its script has ended was not cancelled later."""
    record = [*RECORDS["exit 1"][:-1], "state=RUNNING"]
    assert (
        evidence(squeue=[UNKNOWN], record=record, cancelled=["9050"]).ending(SETTLING).state
        is JobState.FAILED
    )


def test_a_completed_job_was_not_cancelled() -> None:
    """The record of a job that completed outweighs a cancellation that came too late."""
    found = evidence(squeue=[UNKNOWN], record=RECORDS["exit 0"], cancelled=["9050"])
    assert found.ending(SETTLING).state is JobState.COMPLETED


@pytest.mark.parametrize(
    "garbage",
    [
        ["exit"],
        ["ended=x", "began="],
        ["=", "exit=1", "ended=²"],
        ["state=INVENTED", "ended=99999"],
    ],
)
def test_a_damaged_record_is_a_failure(garbage: list[str]) -> None:
    """A damaged record proves that the job ran to its end, and makes it a failure."""
    ending = evidence(squeue=[UNKNOWN], record=["x=y", *garbage], cancelled=["5"]).ending(SETTLING)
    assert ending.state in (JobState.FAILED, JobState.CANCELLED)
    assert ending.elapsed == 0


def test_banners_around_the_answers() -> None:
    """Words that a site's wrapper prints are neither rows nor silence."""
    squeue = [
        "Welcome!",
        "*** squeue is a script of this site ***",
        *CONTROLLER["timeout"],
        "see the site's pages",
    ]
    assert evidence(squeue=squeue).ending(SETTLING).state is JobState.TIMEOUT
    sacct = ["Welcome!", *ACCOUNTING["failed"], "see the site's pages"]
    assert (
        evidence(squeue=["Welcome!", UNKNOWN], sacct=sacct).ending(SETTLING).state
        is JobState.FAILED
    )


def test_a_silent_controller_is_reported_in_its_words() -> None:
    """The error has the controller's words, so that an operator sees why jobs do not end."""
    with pytest.raises(Unavailable, match="Unable to contact slurm controller"):
        evidence(squeue=[DOWN]).ending(SETTLING)


@pytest.mark.parametrize("state", [state for state in JobState if state.is_final])
def test_a_silent_controller_and_what_its_accounting_knows(state: JobState) -> None:
    """A final row of accounting decides while the controller is silent, unless the controller could
    run the job again."""
    found = evidence(
        squeue=[DOWN],
        sacct=[f"5|{state}|9|2026-11-21T07:05:55|0:0|{ENDS}"],
        record=RECORDS["plain exit 0"],
    )
    if state in MAY_BE_REQUEUED:
        with pytest.raises(Unavailable, match="may run again"):
            found.ending(SETTLING)
    else:
        assert found.ending(SETTLING).state is state


@pytest.mark.parametrize("state", ["PREEMPTED", "NODE_FAIL"])
def test_a_record_of_a_job_that_may_run_again(state: str) -> None:
    """Without the controller, the record of a job that Slurm may run again does not decide."""
    record = ["exit=1", "began=9000", "ended=9070", f"state={state}"]
    with pytest.raises(Unavailable, match="may run again"):
        evidence(squeue=[DOWN], record=record).ending(SETTLING)
    assert evidence(squeue=[UNKNOWN], record=record).ending(SETTLING).state == state


@pytest.mark.parametrize("state", ["PENDING", "REQUEUED"])
def test_a_record_of_an_earlier_run(state: str) -> None:
    """The record of a job that accounting shows as requeued does not decide until the controller
    answers."""
    rows = [
        "5|COMPLETED|7|2026-11-21T07:05:55|0:0|" + ENDS,
        f"5|{state}|0|2026-11-21T07:08:35|0:0|{ENDS}",
    ]
    with pytest.raises(Unavailable, match="exit code 0"):
        evidence(squeue=[DOWN], sacct=rows, record=RECORDS["exit 0"]).ending(SETTLING)


def test_a_record_that_is_not_enough_is_reported() -> None:
    """The error about a job whose record does not decide says what the record has."""
    with pytest.raises(Unavailable, match=r"exit code 1.*Slurm must say.*Unable to contact"):
        evidence(squeue=[DOWN], record=RECORDS["exit 1"]).ending(SETTLING)
