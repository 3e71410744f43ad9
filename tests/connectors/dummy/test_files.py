"""Files in memory: the rules of the seam, as far as there are no links and no rights."""

import pytest

from connectors.dummy.connector import DummyConnector
from connectors.dummy.files import RESULTS
from connectors.dummy.settings import DummySettings
from dssr.errors import BadRequest, Conflict, Denied, NoSpace, NotFound, Refused
from dssr.job import JobRef, JobSpec
from dssr.seams import ServesFiles, Upload

REF = JobRef("name", 1)
MB = 1 << 20


@pytest.fixture
def files() -> ServesFiles:
    """A connector with one job."""
    connector = DummyConnector(DummySettings(), lambda: 1000.0)
    connector.submit(JobSpec("name", 1, 1, "", "echo"), "")
    return connector


def write(files: ServesFiles, path: str, data: bytes, overwrite: bool = True) -> None:
    """Write a whole file."""
    files.write_file(REF, Upload(path, 0, len(data), len(data), overwrite), data)


def test_a_job_has_results(files: ServesFiles) -> None:
    """Each job begins with one file, which can be read."""
    [results] = files.list_files(REF, "")
    assert (results.path, results.size, results.is_directory) == (
        "results.csv",
        len(RESULTS),
        False,
    )
    read: list[tuple[int, bytes]] = []
    files.read_file(REF, "results.csv", results.version, 5, 6, lambda *found: read.append(found))
    assert read == [(0, RESULTS[5:11])]


def test_parts_become_a_file(files: ServesFiles) -> None:
    """Parts arrive in order, and the last one gives the file its name."""
    files.write_file(REF, Upload("a/b", 0, 3, 6, True), b"abc")
    with pytest.raises(Conflict, match="up to byte 3"):
        files.write_file(REF, Upload("a/b", 4, 1, 6, True), b"x")
    assert files.arrived(REF, "a/b", "") == 3
    assert files.arrived(REF, "a/b", "another") is None
    last = files.write_file(REF, Upload("a/b", 3, 3, 6, True), b"def")
    assert last == files.file(REF, "a/./b")
    assert files.arrived(REF, "a/b", "") is None
    listed = [(entry.path, entry.is_directory) for entry in files.list_files(REF, "")]
    assert listed == [("a", True), ("results.csv", False)]
    assert [entry.path for entry in files.list_files(REF, "a/../a")] == ["a/b"]
    assert files.file(REF, "a").is_directory


def test_a_file_that_has_changed(files: ServesFiles) -> None:
    """A version is refused once the file was replaced."""
    version = files.file(REF, "results.csv").version
    write(files, "results.csv", b"new")
    with pytest.raises(Conflict, match="has changed"):
        files.read_file(REF, "results.csv", version, 0, 1, print)


def test_what_is_refused(files: ServesFiles) -> None:
    """Paths that lead out, keys, names that are taken and what is not there are refused."""
    write(files, "a/b", b"data")
    for path in ("..", "a/../../b", "a/id_rsa", ".ssh/config"):
        with pytest.raises(Denied):
            files.file(REF, path)
    for path in ("none", "a/b/c"):
        with pytest.raises(NotFound):
            files.list_files(REF, path)
    for path in ("/a", "a\0b"):
        with pytest.raises(BadRequest):
            files.file(REF, path)
    with pytest.raises(Conflict, match="is there already"):
        write(files, "a/b", b"data", overwrite=False)
    with pytest.raises(Conflict, match="is a directory"):
        write(files, "a", b"data")
    with pytest.raises(Refused, match="Not a directory"):
        write(files, "a/b/c", b"data")
    with pytest.raises(NotFound):
        files.list_files(JobRef("other", 1), "")


def test_memory_is_bounded(files: ServesFiles) -> None:
    """Files of more than 64 MB together are ``NoSpace``."""
    for n in range(7):
        write(files, f"file{n}", b"x" * 8 * MB)
    with pytest.raises(NoSpace, match="no space left"):
        write(files, "last", b"x" * 8 * MB)
