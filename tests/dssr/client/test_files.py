import os
import zipfile
from pathlib import Path

import pytest

from dssr.client import BadRequest, Client, Conflict, Forbidden, Job, NotFound
from dssr.client.upload import PART


@pytest.fixture(scope="module")
def job(client: Client) -> Job:
    """A job that has files, and has ended."""
    made = client.submit(
        "mkdir sub; echo one >sub/one; echo two >two; printf x >$'odd \\n%2F\\xff'"
    )
    assert made.wait(60).state == "COMPLETED"
    return made


def test_a_directory_is_listed(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """All entries come, directories first, over as many pages as it takes."""
    expected = ["sub", "odd \n%2F\udcff", "two"]
    assert [file["path"] for file in job.files.list()] == expected
    monkeypatch.setattr("dssr.client.files._PAGE", 1)
    assert [file["path"] for file in job.files.list()] == expected
    assert [file["path"] for file in job.files.list("sub")] == ["sub/one"]


def test_every_file_that_is_listed_can_be_had(job: Job, tmp_path: Path) -> None:
    """A path from a list leads to the file, whatever bytes its name has."""
    for file in job.files.list():
        if not file["is_directory"]:
            got = job.files.download(file["path"], tmp_path)
            assert got.name == file["path"]
            assert got.stat().st_size == file["size_bytes"]


def test_a_large_file_goes_there_and_back(job: Job, tmp_path: Path) -> None:
    """A file of several parts arrives as it is, with its progress, and nothing else is left."""
    (tmp_path / "here").write_bytes(os.urandom(2 * PART + 12345))
    steps: list[tuple[int, int | None]] = []
    job.files.upload(tmp_path / "here", "new/there", progress=lambda *step: steps.append(step))
    assert [done for done, _ in steps] == [PART, 2 * PART, 2 * PART + 12345]
    back = job.files.download("new/there", tmp_path / "back")
    assert back.read_bytes() == (tmp_path / "here").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "here"]


def test_a_file_is_not_overwritten_unless_it_may_be(job: Job, tmp_path: Path) -> None:
    """Without ``overwrite`` a file that is there stays; with it, it is replaced."""
    for number in range(2):
        (tmp_path / "file").write_text(f"text {number}")
        job.files.upload(tmp_path / "file")
    with pytest.raises(Conflict):
        job.files.upload(tmp_path / "file", overwrite=False)
    assert job.files.download("file", tmp_path / "got").read_text() == "text 1"


def test_an_empty_file_is_copied(job: Job, tmp_path: Path) -> None:
    """A file without bytes arrives, too."""
    (tmp_path / "empty").touch()
    job.files.upload(tmp_path / "empty")
    assert job.files.download("empty", tmp_path / "got").read_bytes() == b""


def test_an_archive_has_all_files(job: Job, tmp_path: Path) -> None:
    """A directory comes as a zip archive, which has the job's name or the directory's."""
    whole, part = job.files.archive(tmp_path), job.files.archive(tmp_path, "sub")
    assert (whole.name, part.name) == ("job.zip", "sub.zip")
    with zipfile.ZipFile(whole) as archive:
        assert archive.read("sub/one") == b"one\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job.zip", "sub.zip"]


@pytest.mark.parametrize(("name", "expected"), [("../../up", "up.zip"), ("/etc/x", "x.zip")])
def test_a_jobs_name_does_not_lead_out(
    job: Job, name: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a job's name that is a path, an archive has only what is behind the last '/'."""
    files = job.files
    monkeypatch.setattr(files, "_name", name)
    assert files.archive(tmp_path) == tmp_path / expected


@pytest.mark.parametrize("name", ["", "/", "a\0b"])
def test_a_jobs_name_that_no_file_can_have(
    job: Job, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a job whose name can be no file's, an archive needs another name."""
    files = job.files
    monkeypatch.setattr(files, "_name", name)
    with pytest.raises(BadRequest, match="another name"):
        files.archive(tmp_path)
    assert files.archive(tmp_path / "named.zip").exists()


@pytest.mark.parametrize("path", ["", ".", "..", "../x", "/etc/passwd", "a/../../x", "sub/.."])
def test_a_path_does_not_lead_out(job: Job, path: str, tmp_path: Path) -> None:
    """No path leads out of the job's directory, or to another call of the API."""
    (tmp_path / "file").touch()
    with pytest.raises(BadRequest):
        job.files.download(path, tmp_path)
    if path:
        with pytest.raises(BadRequest):
            job.files.upload(tmp_path / "file", path)


def test_what_cannot_be_had_is_said(job: Job, tmp_path: Path) -> None:
    """A file that is missing or secret is an error, and leaves nothing behind here."""
    with pytest.raises(NotFound):
        job.files.download("nowhere", tmp_path)
    with pytest.raises((Forbidden, NotFound)):
        job.files.download(".ssh/id_rsa", tmp_path)
    with pytest.raises(FileNotFoundError):
        job.files.upload(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_this_machine_is_replaced_only_when_it_may_be(job: Job, tmp_path: Path) -> None:
    """A download never replaces a file that differs, of the same size or of another one, unless it
    may overwrite; the same file again is no error."""
    goal = tmp_path / "two"
    for mine in ("MY\n!", "mine, and longer"):
        goal.write_text(mine)
        with pytest.raises(FileExistsError, match="overwrite"):
            job.files.download("two", tmp_path)
        assert goal.read_text() == mine
    assert job.files.download("two", tmp_path, overwrite=True).read_text() == "two\n"
    assert job.files.download("two", tmp_path) == goal
    assert list(tmp_path.iterdir()) == [goal]


def test_an_archive_replaces_a_file_only_when_it_may(job: Job, tmp_path: Path) -> None:
    """An archive never replaces a file that differs, unless it may overwrite; the same one again is
    no error."""
    goal = tmp_path / "mine.zip"
    goal.write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite"):
        job.files.archive(goal, "sub")
    assert goal.read_text() == "mine"
    for overwrite in (True, False):
        assert zipfile.is_zipfile(job.files.archive(goal, "sub", overwrite=overwrite))
    assert list(tmp_path.iterdir()) == [goal]
