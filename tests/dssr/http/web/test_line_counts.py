"""Line ends that are counted once."""

from typing import Any

from dssr.http.web.line_counts import LineCounts
from dssr.job import JobRef, JobState
from dssr.record import JobRecord, OutputPart
from dssr.seams import PART

JOB = JobRecord("1", JobRef("a", 1), JobState.RUNNING)


class Jobs:
    """Jobs with one output; ``sizes``: how much of it was read each time."""

    def __init__(self, data: bytes) -> None:
        self.data, self.sizes = data, list[int]()

    def output_part(self, job: JobRecord, offset: int, limit: int) -> OutputPart:
        self.sizes.append(limit)
        return OutputPart(self.data[offset:][:limit], offset, len(self.data))


def test_only_what_is_behind_the_last_count_is_read() -> None:
    """A count begins at the nearest byte before which lines were counted; without one, it ends
    where it would take long."""
    jobs: Any = Jobs(b"x\n" * PART)
    counts = LineCounts(jobs)
    size = len(jobs.data)
    assert counts.before(JOB, 0, size) == 0
    assert counts.before(JOB, PART + 2, size) is None
    for offset in (PART, PART + 2, PART + 2, 100):
        assert counts.before(JOB, offset, size) == offset // 2
    assert jobs.sizes == [PART, 2, 100]


def test_an_output_that_became_smaller_is_counted_anew() -> None:
    """What was counted of an output that was begun anew is forgotten."""
    jobs: Any = Jobs(b"x\n" * 100)
    counts = LineCounts(jobs)
    assert counts.before(JOB, 150, 200) == 75
    jobs.data = b"\n" * 120
    assert counts.before(JOB, 110, 120) == 110
    assert counts.before(JOB, 130, 140) is None
