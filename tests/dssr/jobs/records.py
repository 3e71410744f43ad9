"""Records of jobs for tests."""

import time
from typing import Any

from dssr.job import JobRef, JobState
from dssr.jobs.index import Index
from dssr.record import JobRecord, Records


def record(id: str, **more: Any) -> JobRecord:
    """A job; its native id is the number at the end of its id, unless it is given."""
    native_id = more.pop("native_id", id.rpartition("-")[2])
    ref = JobRef(more.pop("name", "job"), more.pop("number", 1), native_id)
    return JobRecord(id, ref, more.pop("state", JobState.PENDING), **more)


def index(*jobs: JobRecord) -> Index:
    """An index of these jobs, as the cluster has just reported them."""
    return Index(Records(jobs, time.monotonic(), 1))
