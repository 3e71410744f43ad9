"""Jobs are found by each of their names, and listed in a stable order."""

from typing import Any

import pytest

from dssr.errors import Conflict, NotFound
from dssr.job import JobRef, JobState, Resources
from dssr.jobs.index import EVERY, GROUPS, Wanted
from dssr.record import About
from tests.dssr.jobs.records import index, record

OLD = record(
    "20300101-1", name="relax", submitted=100.0, state=JobState.COMPLETED, is_final=True,
    owner="alice", resources=Resources(partition="gpu"),
)  # fmt: skip
NEW = record(
    "20300102-2", name="heat", submitted=200.0, is_held=True, owner="bob",
    about=About(labels=(("project", "water"), ("run", "7"))),
)  # fmt: skip


@pytest.mark.parametrize("name", ["20300101-1", "1", "relax"])
def test_a_job_is_found_by_id_native_id_and_name(name: str) -> None:
    """Each name that one job alone has finds it."""
    assert index(OLD, NEW).find(name) is OLD


def test_a_native_id_of_two_jobs_is_a_conflict_with_both_ids() -> None:
    """After a reset of the scheduler's counter two jobs may have one native id: the error names
    both, and each is found by its id."""
    jobs = index(record("20300101-a", native_id="7"), record("20300109-b", native_id="7"))
    with pytest.raises(Conflict, match=r"20300109-b, 20300101-a"):
        jobs.find("7")
    assert jobs.find("20300101-a").id == "20300101-a"


def test_an_unknown_job_is_not_found() -> None:
    """The error names the job and the list."""
    with pytest.raises(NotFound, match=r"'nine'.*the list of jobs"):
        index(OLD).find("nine")


def test_a_job_is_found_as_the_legacy_api_names_it() -> None:
    """Name, number and native id together find a job."""
    assert index(OLD, NEW).of_ref(JobRef("heat", 1, "2")) is NEW
    with pytest.raises(NotFound):
        index(OLD, NEW).of_ref(JobRef("heat", 2, "2"))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [NEW, OLD]),
        ({"states": GROUPS["ended"]}, [OLD]),
        ({"states": GROUPS["active"]}, [NEW]),
        ({"states": frozenset({"HELD", "COMPLETED"})}, [NEW, OLD]),
        ({"states": frozenset({"PENDING"})}, []),
        ({"name": "relax"}, [OLD]),
        ({"user": "bob"}, [NEW]),
        ({"partition": "gpu"}, [OLD]),
        ({"labels": frozenset({("project", "water")})}, [NEW]),
        ({"labels": frozenset({("project", "water"), ("run", "8")})}, []),
        ({"since": 200.0}, [NEW]),
        ({"until": 200.0}, [OLD]),
        ({"since": 100.0, "until": 200.1}, [NEW, OLD]),
    ],
)
def test_a_list_has_the_jobs_that_are_wanted(wanted: dict[str, Any], found: list[Any]) -> None:
    """A job is listed when it has all that is wanted, newest first."""
    assert list(index(OLD, NEW).page(Wanted(**wanted), 10, None)[0]) == found


def test_a_job_without_a_time_is_in_no_span_of_time() -> None:
    """A job whose submission has no known time is listed, but not between two times."""
    jobs = index(record("1"))
    assert [job.id for job in jobs.page(EVERY, 10, None)[0]] == ["1"]
    assert list(jobs.page(Wanted(since=0.0), 10, None)[0]) == []


def test_pages_repeat_and_skip_nothing_while_jobs_are_submitted() -> None:
    """Each page begins behind the one before, whatever was submitted in between."""
    jobs = [record(f"2030-{n}", submitted=float(n // 3)) for n in range(20)]
    seen, place = [], None
    for more in range(20):
        now = [*jobs, *(record(f"2031-{n}", submitted=100.0 + n) for n in range(more))]
        page, place = index(*now).page(EVERY, 3, place)
        seen += [job.id for job in page]
        if place is None:
            break
    expected = sorted(jobs, key=lambda job: (job.submitted or 0.0, job.id), reverse=True)
    assert seen == [job.id for job in expected]


def test_the_last_page_has_no_next_one() -> None:
    """A page that is exactly full is the last one when nothing is behind it."""
    page, place = index(OLD, NEW).page(EVERY, 2, None)
    assert (len(page), place) == (2, None)
