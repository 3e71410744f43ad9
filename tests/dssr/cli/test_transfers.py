"""What is uploaded of a directory, and what is said about the rest."""

import os
from pathlib import Path, PurePosixPath

import pytest

from dssr.cli.failure import Failure
from dssr.cli.transfers import files_in
from tests.dssr.cli.running import Dssr

TOP = PurePosixPath()


def test_what_is_left_out_is_listed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Links to files are uploaded; links to directories, empty directories and pipes are not, and
    a line on stderr lists them."""
    (here / "in/full").mkdir(parents=True)
    (here / "in/empty").mkdir()
    (here / "in/full/a").write_text("a")
    (here / "in/link").symlink_to("full/a")
    (here / "in/other").symlink_to("full")
    os.mkfifo(here / "in/pipe")
    assert [to for _, to in files_in(Path("in"), TOP)] == ["link", "full/a"]
    said = capsys.readouterr().err
    assert said.startswith("Left out: ")
    for words in ("in/other (a link to a directory)", "in/empty (an empty directory)", "in/pipe"):
        assert words in said


def test_a_long_list_is_cut(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of many that are left out, the first five are listed."""
    for number in range(8):
        (here / f"in/{number}").mkdir(parents=True)
    assert files_in(Path("in"), TOP) == []
    said = capsys.readouterr().err
    assert (said.count("empty directory"), said.endswith(" and 3 more.\n")) == (5, True)


def test_a_link_that_leads_to_nothing(dssr: Dssr, here: Path) -> None:
    """A link that leads to nothing is an error that names it, and no job is submitted."""
    (here / "in").mkdir()
    (here / "in/gone").symlink_to("nowhere")
    with pytest.raises(Failure, match="in/gone is a link that leads to nothing"):
        files_in(Path("in"), TOP)
    done = dssr("submit", "--copy", "in", "--name", "no-input", "-", stdin="true")
    assert (done.code != 0, done.out, "in/gone" in done.err) == (True, "", True)
    assert dssr("jobs", "--name", "no-input", "--json").document["items"] == []


def test_a_directory_that_cannot_be_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that the user may not read is an error, not an empty one."""
    scan = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    (here / "in/shut").mkdir(parents=True)
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        files_in(Path("in"), TOP)


def test_programs_can_be_run_in_the_job(dssr: Dssr, here: Path) -> None:
    """A file that can be run on this machine can be run in the job, and others cannot."""
    for name, mode in (("run", 0o755), ("solve", 0o700), ("data", 0o644)):
        (here / name).write_text("#!/bin/sh\necho $0\n")
        (here / name).chmod(mode)
    job = dssr.submit("./run; ./solve; [ -x data ] || echo data cannot", "--held")
    assert dssr("put", job, "run", "solve", "data").code == 0
    dssr("release", job)
    dssr("wait", job)
    assert dssr("logs", job).out == "./run\n./solve\ndata cannot\n"
