"""The course of a dummy job, at any time."""

from dataclasses import replace
from math import inf

import pytest

from connectors.dummy.jobs import DummyJob, fails
from dssr.job import JobSpec, JobState

SPEC = JobSpec("job", 1, 2, "source", "script")
JOB = DummyJob("7", SPEC, queued=5, running=10, fails=False, submitted=100, released=100)


@pytest.mark.parametrize(
    ("now", "state", "elapsed", "nodes"),
    [
        (100, JobState.PENDING, 0, ()),
        (104.9, JobState.PENDING, 0, ()),
        (105, JobState.RUNNING, 0, ("dummy1", "dummy2")),
        (114.9, JobState.RUNNING, 9, ("dummy1", "dummy2")),
        (115, JobState.COMPLETED, 10, ("dummy1", "dummy2")),
        (1e9, JobState.COMPLETED, 10, ("dummy1", "dummy2")),
    ],
)
def test_the_clock_decides(
    now: float, state: JobState, elapsed: int, nodes: tuple[str, ...]
) -> None:
    """A job is queued, then running, then ended, each for the time that its settings give."""
    status = JOB.status(now)
    assert (status.state, status.elapsed, status.nodes) == (state, elapsed, nodes)


@pytest.mark.parametrize(
    ("changes", "state", "elapsed"),
    [
        ({"fails": True}, JobState.FAILED, 10),
        ({"spec": replace(SPEC, walltime=4)}, JobState.TIMEOUT, 4),
        ({"spec": replace(SPEC, walltime=10)}, JobState.COMPLETED, 10),
        ({"cancelled": 103}, JobState.CANCELLED, 0),
        ({"cancelled": 108}, JobState.CANCELLED, 3),
        ({"cancelled": 116}, JobState.COMPLETED, 10),
        ({"released": inf}, JobState.PENDING, 0),
        ({"released": inf, "cancelled": 103}, JobState.CANCELLED, 0),
    ],
)
def test_how_a_job_ends(changes: dict[str, object], state: JobState, elapsed: int) -> None:
    """A job ends by its share, its time limit or a cancellation, whichever comes first; a held job
    waits for ever."""
    status = replace(JOB, **changes).status(1e6)  # type: ignore[arg-type]
    assert (status.state, status.elapsed) == (state, elapsed)


def test_what_a_job_prints() -> None:
    """A job prints nothing before it runs, then what it is, and at its end how it ended."""
    assert JOB.output(104) == []
    assert replace(JOB, cancelled=103.0).output(1e6) == []
    assert "nothing runs" in JOB.output(106)[0]
    assert "RUNNING" in JOB.output(106)[-1]
    assert JOB.output(116)[-1] == "JARVICE Job completed OK"
    assert replace(JOB, fails=True).output(116)[-1] == "JARVICE Job failed, investigate logs"


@pytest.mark.parametrize("percent", [0, 1, 30, 100])
def test_the_share_that_fails(percent: int) -> None:
    """The set share of jobs fails (none at 0, all at 100), and a job fails or succeeds the same way
    each time."""
    tokens = [replace(SPEC, number=number).token for number in range(2000)]
    failed = [fails(token, percent) for token in tokens]
    assert abs(sum(failed) - 20 * percent) <= (60 if 0 < percent < 100 else 0)
    assert failed == [fails(token, percent) for token in tokens]
