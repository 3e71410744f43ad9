"""The lists of jobs: one wording for each snapshot, and its age."""

from typing import Any

from flask import Flask

from dssr.bridge import running
from dssr.http.legacy.job_lists import Listing
from dssr.job import JobRef, JobState, JobStatus, Snapshot


class Kept:
    """A bridge whose snapshot stays the same until a test changes it; counts how often a list is picked from it."""

    def __init__(self) -> None:
        self.jobs = Snapshot({"1": JobStatus(JobRef("a", 1, "1"), JobState.RUNNING)})
        self.picked = 0

    def snapshot(self) -> Snapshot:
        return self.jobs

    def pick(self, jobs: Snapshot) -> list[JobStatus]:
        self.picked += 1
        return running(jobs)


def test_one_snapshot_is_worded_once() -> None:
    """The same snapshot gives the same bytes without being looked through again; a new one is looked through."""
    bridge: Any = Kept()
    listing = Listing(bridge, bridge.pick)
    with Flask("x").app_context():
        answers = [listing.answer().get_data() for _ in range(3)]
        assert answers == [b'[["a","1"]]\n'] * 3
        assert bridge.picked == 1
        bridge.jobs = Snapshot()
        assert listing.answer().get_data() == b"[]\n"


def test_the_age_is_told_in_whole_seconds() -> None:
    """Whoever reads the list can tell how old it is."""
    bridge: Any = Kept()
    bridge.jobs.taken -= 7.9
    with Flask("x").app_context():
        assert Listing(bridge, bridge.pick).answer().headers["Age"] == "7"
