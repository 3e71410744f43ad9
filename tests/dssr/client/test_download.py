import fcntl
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from dssr.client import Client, Conflict, Job
from dssr.client.upload import PART

SIZE = 2 * PART + 1000


@pytest.fixture(scope="module")
def job(client: Client) -> Job:
    """A job that waits, to which files can be copied."""
    return client.submit("true", held=True)


@pytest.fixture
def begun(job: Job, tmp_path: Path) -> Path:
    """The part of a file that a program has left that was ended in the middle of a download."""
    (tmp_path / "here").write_bytes(os.urandom(SIZE))
    job.files.upload(tmp_path / "here", "there")

    def stop(done: int, total: int | None) -> None:
        assert total == SIZE
        if done > SIZE // 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.files.download("there", tmp_path / "copy", progress=stop)
    [part] = tmp_path.glob(".dssr-*.part")
    assert SIZE // 3 < part.stat().st_size < SIZE
    return part


def copy(job: Job, tmp_path: Path) -> list[int]:
    """Download the file; the numbers of bytes that were reported."""
    steps: list[int] = []
    job.files.download("there", tmp_path / "copy", progress=lambda done, _: steps.append(done))
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "here").read_bytes()
    assert list(tmp_path.glob(".dssr-*")) == []
    return steps


def test_what_a_program_has_begun_another_one_ends(job: Job, begun: Path, tmp_path: Path) -> None:
    """A download goes on behind the bytes that an earlier program has left."""
    size = begun.stat().st_size
    assert copy(job, tmp_path)[0] == size


def test_parts_of_two_files_are_not_mixed(job: Job, begun: Path, tmp_path: Path) -> None:
    """When the file on the cluster has changed since, all of it is sent."""
    (tmp_path / "here").write_bytes(os.urandom(SIZE))
    job.files.upload(tmp_path / "here", "there")
    assert copy(job, tmp_path)[0] == 0


def test_a_part_that_is_whole_already_is_no_trap(job: Job, begun: Path, tmp_path: Path) -> None:
    """A program that ended just before the last step leaves nothing that stops the next one."""
    begun.write_bytes((tmp_path / "here").read_bytes())
    assert copy(job, tmp_path)[-1] == SIZE


def test_two_programs_do_not_write_to_one_file(job: Job, begun: Path, tmp_path: Path) -> None:
    """While one program downloads a file to a place, another one does not."""
    with begun.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Another process"):
            job.files.download("there", tmp_path / "copy")
    assert copy(job, tmp_path)[-1] == SIZE


@pytest.mark.parametrize("is_whole", [False, True])
def test_the_part_of_another_program_is_not_removed(
    is_whole: bool, job: Job, begun: Path, tmp_path: Path
) -> None:
    """What another program downloads at this moment is not removed when the file on the cluster has
    changed since, or when all of it is there already."""
    if is_whole:
        begun.write_bytes((tmp_path / "here").read_bytes())
    else:
        (tmp_path / "here").write_bytes(os.urandom(SIZE))
        job.files.upload(tmp_path / "here", "there")
    with begun.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Another process"):
            job.files.download("there", tmp_path / "copy")
        assert list(tmp_path.glob(".dssr-*.part")) == [begun]
    assert copy(job, tmp_path)[-1] == SIZE


def test_a_part_that_another_program_completes(
    job: Job, begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that opens a part just before another one completes it leaves that file alone, and
    downloads one of its own."""
    done, lock = tmp_path / "copy", fcntl.flock

    def complete_first(file: BinaryIO, how: int) -> None:
        if not done.exists():
            begun.write_bytes((tmp_path / "here").read_bytes())
            done.hardlink_to(begun)
            done.with_name("kept").hardlink_to(begun)
            begun.unlink()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", complete_first)
    assert copy(job, tmp_path)[0] == 0
    assert (tmp_path / "kept").read_bytes() == (tmp_path / "here").read_bytes()
