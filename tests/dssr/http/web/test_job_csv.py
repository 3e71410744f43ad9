"""A list of jobs as CSV."""

import csv
import io

import pytest

from dssr.http.web.job_csv import jobs_as_csv
from dssr.job import JobState, Resources
from dssr.record import JobRecord
from tests.dssr.jobs.records import record


def read(*jobs: JobRecord) -> list[dict[str, str]]:
    """The lines, as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(jobs_as_csv(jobs).decode(), newline="")))


def test_each_job_is_a_line_with_its_figures() -> None:
    """A line has the job's names, state, resources, times in UTC and figures; what is unknown is an
    empty cell."""
    [line] = read(record(
        "20300101-7", name='a "b",\nc', submitted=0.0, started=60.0, elapsed=30, exit_code=1,
        state=JobState.FAILED, is_final=True, resources=Resources(partition="gpu", nodes=2),
    ))  # fmt: skip
    assert (line["id"], line["native_id"], line["name"]) == ("20300101-7", "7", 'a "b",\nc')
    assert (line["state"], line["exit_code"], line["nodes"]) == ("FAILED", "1", "2")
    assert (line["submitted_at"], line["elapsed_seconds"]) == ("1970-01-01T00:00:00Z", "30")
    assert (line["ended_at"], line["cores"], line["signal"]) == ("", "", "")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    """A name that a spreadsheet would run is text."""
    assert read(record("1", name=name))[0]["name"] == f"'{name}"


def test_a_list_without_jobs_has_its_columns() -> None:
    """Without jobs, the names of the columns are there."""
    assert jobs_as_csv([]).startswith(b"id,native_id,name,state,")
