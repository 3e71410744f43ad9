"""Scripts that are fetched once."""

from typing import Any

import pytest

from dssr.http.web import kept_scripts
from dssr.http.web.kept_scripts import KeptScripts
from dssr.job import JobRef, JobState
from dssr.record import JobRecord


class Jobs:
    """Jobs with scripts of ten characters; ``asked``: for which of them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def script(self, job: JobRecord) -> bytes:
        self.asked.append(job.id)
        return b"#" * 9 + b"\xff"


def test_scripts_that_were_not_used_for_long_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The scripts that are kept have a bounded size together; a long one is not kept."""
    jobs: Any = Jobs()
    kept = KeptScripts(jobs)
    monkeypatch.setattr(kept_scripts, "MOST_KEPT", 20)
    for id in ("1", "2", "1", "3", "1", "2"):
        record = JobRecord(id, JobRef("a", 1), JobState.RUNNING)
        assert kept.script(record) == "#" * 9 + "\ufffd"
    assert jobs.asked == ["1", "2", "3", "2"]
    monkeypatch.setattr(kept_scripts, "_LONGEST", 9)
    kept.script(JobRecord("4", JobRef("a", 1), JobState.RUNNING))
    kept.script(JobRecord("4", JobRef("a", 1), JobState.RUNNING))
    assert jobs.asked[-2:] == ["4", "4"]
