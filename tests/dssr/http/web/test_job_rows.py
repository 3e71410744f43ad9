"""The rows of all jobs for the table of a page."""

import gzip
import json
import time
from dataclasses import replace
from typing import Any

import pytest

from dssr.http.web.job_rows import JobRows, clock
from dssr.job import JobState, Resources
from dssr.record import JobRecord
from tests.dssr.jobs.records import record

JOBS = [
    record(f"20300101-{number:04}", name=f"job{number}", submitted=1000.0 + number)
    for number in range(100)
]


@pytest.fixture
def rows() -> JobRows:
    """Rows that explain each job by its name."""
    return JobRows(lambda job: f"{job.ref.name} waits.")


def whole(rows: JobRows, jobs: list[JobRecord]) -> Any:
    """All rows, as a page gets them."""
    return json.loads(gzip.decompress(rows.whole(jobs)))


def ids(found: Any) -> list[str]:
    """The ids of rows, which are no first ones."""
    _, is_anew, texts = found
    assert not is_anew
    return [json.loads(text)[0] for text in texts]


def changed(job: JobRecord) -> JobRecord:
    """The job when it has ended."""
    return replace(job, state=JobState.COMPLETED, is_final=True)


def test_a_row_has_what_a_page_shows(rows: JobRows) -> None:
    """A row has the job's names, state, resources, times and explanation."""
    job = record(
        "20300101-7", name="relax", submitted=10.0, started=20.0, elapsed=30, owner="alice",
        state=JobState.TIMEOUT, resources=Resources(partition="gpu", nodes=2, walltime=60),
    )  # fmt: skip
    [row] = whole(rows, [job])["rows"]
    assert row == ["20300101-7", "7", "relax", "TIMEOUT", "gpu", 2, 10.0, 20.0, 30, 60, None,
                   "relax waits.", "alice"]  # fmt: skip


def test_only_what_has_changed_is_sent(rows: JobRows) -> None:
    """A page that has a version gets the rows that are new or different since, and no others."""
    version = whole(rows, JOBS)["version"]
    assert rows.since(JOBS, version, ()) == (version, False, [])
    now = [record("20300102-1"), changed(JOBS[0]), *JOBS[1:]]
    found = rows.since(now, version, JOBS)
    assert sorted(ids(found)) == ["20300101-0000", "20300102-1"]
    assert rows.since(now, found[0], JOBS) == (found[0], False, [])


def test_time_alone_changes_no_row(rows: JobRows) -> None:
    """A job that goes on running is not sent again: the page counts its time."""
    job = record("1", state=JobState.RUNNING, started=10.0, elapsed=5)
    version = whole(rows, [job])["version"]
    assert rows.since([replace(job, elapsed=10)], version, ()) == (version, False, [])


def test_all_rows_are_compressed_again_when_many_have_changed(rows: JobRows) -> None:
    """After a few changes all rows come as they were, with that version, and the rest by it; after
    many, as they are."""
    first = rows.whole(JOBS)
    few = [changed(JOBS[0]), *JOBS[1:]]
    assert rows.whole(few) == first
    assert ids(rows.since(few, whole(rows, few)["version"], ())) == ["20300101-0000"]
    many = [changed(job) for job in JOBS]
    assert {row[3] for row in whole(rows, many)["rows"]} == {"COMPLETED"}


@pytest.mark.parametrize("version", ["", "x", "x.1", ".", ".1", "{own}.99", "{own}.x", "{own}.-1"])
def test_a_page_without_a_version_of_this_bridge_begins_anew(version: str, rows: JobRows) -> None:
    """A page that has no version that this bridge has sent gets the first rows, and the version
    with which it goes on."""
    own = whole(rows, JOBS)["version"].partition(".")[0]
    now, is_anew, found = rows.since(JOBS, version.replace("{own}", own), JOBS[:2])
    assert [json.loads(text)[2] for text in found] == ["job0", "job1"]
    assert is_anew
    assert rows.since(JOBS, now, ()) == (now, False, [])


def test_a_job_that_is_no_longer_kept_leaves_the_table(rows: JobRows) -> None:
    """When a job's record is gone, pages begin anew, with rows among which it is not."""
    version = whole(rows, JOBS)["version"]
    later, is_anew, found = rows.since(JOBS[1:], version, JOBS[:2])
    assert (is_anew, [json.loads(text)[2] for text in found]) == (True, ["job1"])
    assert len(whole(rows, JOBS[1:])["rows"]) == 99
    assert rows.since(JOBS[1:], later, ()) == (later, False, [])


def test_the_clock_is_the_cluster_s() -> None:
    """What the cluster's clock shows follows from a job that runs; without one it is this
    machine's."""
    runs = record("1", state=JobState.RUNNING, started=1000.0, elapsed=60)
    slept = record("2", state=JobState.RUNNING, started=900.0, elapsed=20)
    assert clock([runs, slept], 5.0) == 1065.0
    assert abs(clock([record("3")], 5.0) - time.time()) < 60
