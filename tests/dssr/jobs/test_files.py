"""The files of what is no job; those of jobs are in the tests of the API's calls."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from dssr.errors import NotFound
from dssr.job import JobRef
from dssr.jobs.files import JobFiles
from dssr.jobs.transfers import Transfers
from dssr.seams.services import Place
from tests.dssr.services.folders import FoldersConnector


def test_where_nothing_is_listed_no_list_is_offered(tmp_path: Path) -> None:
    """A path that is a directory is answered with what the API has: it lists no files of
    services."""
    found = FoldersConnector(tmp_path).service_files(Place("demo"), make=True)
    (Path(found.path) / "sub").mkdir()
    directory = SimpleNamespace(id=f"service ada {found.path}", ref=JobRef("demo", 0))
    files = JobFiles(found.files, Transfers(), is_listed=False)
    with pytest.raises(NotFound) as refused:
        files.entry(directory, "sub")
    assert str(refused.value) == "'sub' is a directory: name a file."
