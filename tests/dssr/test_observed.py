"""What the bridge notes of its jobs."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.observed import Observed
from dssr.record import JobRecord, Records

REF = JobRef("job", 1, "7")
WAITING = JobStatus(REF, JobState.PENDING, submitted=1000.0)
RUNNING = replace(WAITING, state=JobState.RUNNING, started=1090.0)
ENDED = replace(RUNNING, state=JobState.FAILED, elapsed=5, ended=1095.0)


@pytest.fixture
def observed() -> Observed:
    """The observations of a bridge that has just started."""
    return Observed()


def listed(*statuses: JobStatus) -> Snapshot:
    """A new answer of the scheduler with these jobs."""
    return Snapshot({status.ref.native_id: status for status in statuses})


def records(*jobs: JobRecord) -> Records:
    """All jobs, as a connector that keeps records returns them."""
    return Records(jobs, time.monotonic(), 1)


def figure(observed: Observed, name: str, **labels: str) -> float | None:
    """One of its figures, if it has that figure."""
    wanted = name, tuple(labels.items())
    return {(f.name, f.labels): f.value for f in observed.figures()}.get(wanted)


def waits(observed: Observed) -> tuple[float, float]:
    """How many waits were counted, and their sum in seconds."""
    return observed.waits.buckets()[-1][1], observed.waits.sum


def test_a_submission_is_counted_once(observed: Observed, caplog: pytest.LogCaptureFixture) -> None:
    """The same job again is in the log as such, and is no second job."""
    caplog.set_level("INFO", logger="dssr.observed")
    observed.submitted(REF, "", "native")
    observed.submitted(REF, "alice", "native")
    observed.submitted(JobRef("other", 1, "6"), "", "native", again=True)
    assert caplog.messages == [
        "Submitted: job job/1 is 7, owner the service user, executor native",
        "Submitted again: job job/1 is 7, owner alice, executor native",
        "Submitted again: job other/1 is 6, owner the service user, executor native",
    ]
    assert figure(observed, "dssr_jobs_submitted_total") == 1


@pytest.mark.parametrize("seen_as", ["listed", "records", "one record"])
def test_an_end_is_logged_once_wherever_it_is_seen(
    seen_as: str, observed: Observed, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that was seen before its end has one line for it, and counts once."""
    caplog.set_level("INFO", logger="dssr.observed")
    observed.listed(listed(RUNNING))
    record = JobRecord("x", REF, JobState.FAILED, elapsed=5, is_final=True)
    if seen_as == "one record":
        observed.found(record)
    else:
        observed.listed(records(record) if seen_as == "records" else listed(ENDED))
    observed.listed(listed(ENDED))
    observed.ended(REF, JobState.FAILED, 5)
    assert caplog.messages == ["Ended: job job/1/7 is FAILED after 5 s"]
    assert figure(observed, "dssr_jobs_ended_total", state="FAILED") == 1


def test_ends_from_before_the_start_are_no_news(
    observed: Observed, caplog: pytest.LogCaptureFixture
) -> None:
    """A list after the bridge's start has the ends of weeks, of which none is logged or counted."""
    caplog.set_level("INFO", logger="dssr.observed")
    observed.listed(listed(ENDED))
    assert caplog.messages == []
    assert figure(observed, "dssr_jobs_ended_total", state="FAILED") == 0


@pytest.mark.parametrize("first", [WAITING, None])
@pytest.mark.parametrize("later", [RUNNING, ENDED])
def test_a_wait_is_counted_when_the_job_is_first_seen_started(
    first: JobStatus | None, later: JobStatus, observed: Observed
) -> None:
    """The wait of a job that was seen waiting, or was submitted here, counts once."""
    if first is None:
        observed.submitted(REF, "", "native")
    else:
        observed.listed(listed(first))
    assert waits(observed) == (0, 0)
    observed.listed(listed(later))
    observed.listed(listed(later))
    assert waits(observed) == (1, 90)


def test_jobs_that_run_already_have_no_wait(observed: Observed) -> None:
    """A job that runs when the bridge first sees it was counted by the bridge before."""
    observed.listed(listed(RUNNING))
    observed.listed(listed(replace(RUNNING, elapsed=9)))
    assert waits(observed) == (0, 0)


@pytest.mark.parametrize("wait", [0.0, 1.0, 1.5, 59.0, 3600.0, 1e9, -3.0])
def test_a_wait_is_in_all_classes_that_reach_it(wait: float, observed: Observed) -> None:
    """Each class has the waits up to its bound; a wait below zero, of clocks that differ, is
    zero."""
    observed.waits.add(wait)
    for bound, count in observed.waits.buckets():
        assert count == (max(0.0, wait) <= float(bound))


def test_jobs_are_counted_by_state(observed: Observed) -> None:
    """Each state but the final ones has its number, zero too, as of the newest answer."""
    assert figure(observed, "dssr_jobs", state="RUNNING") is None
    old = listed(WAITING)
    observed.listed(listed(WAITING, replace(RUNNING, ref=JobRef("b", 1, "8"))))
    observed.listed(old)
    assert figure(observed, "dssr_jobs", state="PENDING") == 1
    assert figure(observed, "dssr_jobs", state="RUNNING") == 1
    assert figure(observed, "dssr_jobs", state="UNKNOWN") == 0
    assert figure(observed, "dssr_jobs", state="COMPLETED") is None
    age = figure(observed, "dssr_jobs_age_seconds")
    assert age is not None
    assert 0 <= age < 60


def test_each_answer_is_examined_once_though_both_apis_are_polled(observed: Observed) -> None:
    """Where the APIs have an answer each, callers that take turns have no job examined again."""
    examined: list[int] = []

    class Jobs(tuple[JobRecord, ...]):
        """Jobs that note each time they are gone through."""

        def __iter__(self) -> Iterator[JobRecord]:
            examined.append(len(self))
            return super().__iter__()

    snapshot = listed(WAITING)
    answer = Records(Jobs([JobRecord("x", REF, JobState.PENDING)]), snapshot.taken, 1)
    for _ in range(3):
        observed.listed(snapshot)
        observed.listed(answer)
    assert examined == [1]


def test_a_lost_job_has_ended(observed: Observed) -> None:
    """A record in the state UNKNOWN is an end where it is final, and otherwise a job."""
    lost = JobRecord("x", REF, JobState.UNKNOWN)
    observed.listed(records(lost))
    assert figure(observed, "dssr_jobs", state="UNKNOWN") == 1
    observed.listed(records(replace(lost, is_final=True)))
    assert figure(observed, "dssr_jobs", state="UNKNOWN") == 0
    assert figure(observed, "dssr_jobs_ended_total", state="UNKNOWN") == 1


def test_a_cancellation_is_logged_and_counted(
    observed: Observed, caplog: pytest.LogCaptureFixture
) -> None:
    """Each cancellation that the scheduler accepts has its line."""
    caplog.set_level("INFO", logger="dssr.observed")
    observed.cancelled(REF)
    assert caplog.messages == ["Cancelled: job job/1/7"]
    assert figure(observed, "dssr_jobs_cancelled_total") == 1
