"""The lists of jobs: one rendering for each snapshot, and its age."""

from typing import Any

from flask import Flask

from dssr.http.legacy.job_lists import JobList
from dssr.job import JobRef, JobState, JobStatus, Snapshot


class Kept:
    """A bridge whose snapshot stays the same until a test changes it; it counts how often a list is
    made of one.
    """

    def __init__(self) -> None:
        self.jobs = Snapshot({"1": JobStatus(JobRef("a", 1, "1"), JobState.RUNNING)})
        self.picked = 0

    def snapshot(self) -> Snapshot:
        return self.jobs

    def pick(self, jobs: Snapshot) -> list[JobStatus]:
        self.picked += 1
        return jobs.running()


def test_a_snapshot_is_rendered_once() -> None:
    """The same snapshot gives the same bytes without another look at it; a new one is rendered."""
    bridge: Any = Kept()
    jobs = JobList(bridge, bridge.pick)
    with Flask("x").app_context():
        responses = [jobs.response().get_data() for _ in range(3)]
        assert responses == [b'[["a","1"]]\n'] * 3
        assert bridge.picked == 1
        bridge.jobs = Snapshot()
        assert jobs.response().get_data() == b"[]\n"


def test_the_age_is_in_whole_seconds() -> None:
    """The header Age says how old the list is."""
    bridge: Any = Kept()
    bridge.jobs.taken -= 7.9
    with Flask("x").app_context():
        assert JobList(bridge, bridge.pick).response().headers["Age"] == "7"
