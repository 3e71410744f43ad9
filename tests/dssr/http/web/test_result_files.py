"""The result files of a job, read."""

from typing import Any

import pytest

from dssr.http.web.result_files import ResultFiles
from dssr.http.web.results.kinds import Kind
from dssr.http.web.results.unreadable import Unreadable
from dssr.jobs import Jobs
from dssr.jobs.files import JobFiles


@pytest.fixture
def found(files: Any) -> ResultFiles:
    """The results of the job."""
    job = Jobs(files.bridge).find(files.job["id"])
    return ResultFiles(JobFiles.of(files.bridge), job)


def test_a_table_describes_itself(files: Any, found: ResultFiles) -> None:
    """A table without a description is drawn as it is, and a description is read."""
    assert found.plot("a.csv").data == "a.csv"
    (files.directory / "a.plot.json").write_text('{"data": "b.csv", "log": ["y"]}')
    assert found.plot("a.plot.json").log == {"y"}
    (files.directory / "results.json").write_text("[1]")
    with pytest.raises(Unreadable):
        found.values()


def test_directories_are_no_results(files: Any, found: ResultFiles) -> None:
    """A directory is no result, whatever it is called."""
    (files.directory / "x.csv").mkdir()
    (files.directory / "y.csv").touch()
    assert found.found().names[Kind.TABLE] == ["y.csv"]
