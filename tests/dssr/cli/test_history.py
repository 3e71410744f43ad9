"""The file of the jobs that were submitted from this machine."""

import subprocess
import sys
from pathlib import Path

from dssr.cli import history


def test_the_last_job(tmp_path: Path) -> None:
    """The last job of all, and those of each place, the newest first."""
    environ = {"HOME": str(tmp_path)}
    assert (history.last(environ), history.jobs_of(environ, "hpc")) == (("", ""), [])
    for target, job in (("hpc", "0"), ("hpc", "1"), ("https://a", "2")):
        history.add(environ, target, job)
    assert history.last(environ) == ("https://a", "2")
    assert history.jobs_of(environ, "hpc") == ["1", "0"]
    assert history.path(environ) == tmp_path / ".local/state/dssr/history"
    assert history.path(environ).parent.stat().st_mode & 0o777 == 0o700


def test_the_file_does_not_grow(tmp_path: Path) -> None:
    """The file keeps the last 200 jobs."""
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    for number in range(210):
        history.add(environ, "hpc", str(number))
    lines = history.path(environ).read_text().splitlines()
    assert (len(lines), lines[-1]) == (200, "hpc\t209")


ADDS = """
import os, sys
from dssr.cli import history
for number in range(20):
    history.add(os.environ, "hpc", f"{sys.argv[1]}-{number}")
"""


def test_processes_at_the_same_moment(tmp_path: Path) -> None:
    """Of several processes that note jobs at the same moment, no job is lost."""
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", ADDS]
    started = [subprocess.Popen([*command, str(n)], env=environ) for n in range(4)]
    assert [process.wait(60) for process in started] == [0] * 4
    expected = {f"{process}-{number}" for process in range(4) for number in range(20)}
    assert set(history.jobs_of(environ, "hpc")) == expected
    assert {file.name for file in (tmp_path / "dssr").iterdir()} == {"history", "history.lock"}


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    """Where the file cannot be written or read there is no last job, and no error."""
    (tmp_path / "dssr").write_text("a file where the directory would be")
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    history.add(environ, "hpc", "1")
    assert history.last(environ) == ("", "")
