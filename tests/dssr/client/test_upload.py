"""Uploads of a file that changes, and of two files to one place."""

import os
from pathlib import Path

import pytest

from dssr.client import Client, Conflict, Job
from dssr.client.upload import PART

SIZE = 2 * PART + 1000


@pytest.fixture(scope="module")
def job(client: Client) -> Job:
    """A job that waits, to which files can be copied."""
    return client.submit("true", held=True)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """A file of three parts."""
    (tmp_path / "here").write_bytes(os.urandom(SIZE))
    return tmp_path / "here"


def break_off(_done: int, _total: int | None) -> None:
    """End the upload after its first part."""
    raise KeyboardInterrupt


def test_a_file_that_changed_is_not_continued(job: Job, local: Path, tmp_path: Path) -> None:
    """An upload is continued for the same file alone: one of the same size that was changed since
    is sent from its beginning."""
    with pytest.raises(KeyboardInterrupt):
        job.files.upload(local, "changed", progress=break_off)
    local.write_bytes(os.urandom(SIZE))
    job.files.upload(local, "changed", resume=True)
    assert job.files.download("changed", tmp_path).read_bytes() == local.read_bytes()


def test_a_file_that_changes_meanwhile(job: Job, local: Path, tmp_path: Path) -> None:
    """A file that is rewritten while it is uploaded is an error, and does not get its name."""

    def rewrite(_done: int, _total: int | None) -> None:
        local.write_bytes(os.urandom(SIZE))

    with pytest.raises(Conflict, match="changed while it was uploaded"):
        job.files.upload(local, "rewritten", progress=rewrite)
    assert "rewritten" not in [file["path"] for file in job.files.list()]


def test_two_uploads_to_one_place(job: Job, local: Path, tmp_path: Path) -> None:
    """Of two uploads of one caller to one path at the same moment each is whole, and the one that
    ends last has the name."""
    other = tmp_path / "other"
    other.write_bytes(os.urandom(SIZE))
    got = []

    def upload_other(done: int, _total: int | None) -> None:
        if done == PART:
            job.files.upload(other, "shared")
            got.append(job.files.download("shared", tmp_path / "first").read_bytes())

    job.files.upload(local, "shared", progress=upload_other)
    assert got == [other.read_bytes()]
    assert job.files.download("shared", tmp_path / "last").read_bytes() == local.read_bytes()
