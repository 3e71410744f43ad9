"""The programs when a process comes late, or a listing fails for a moment: a name stays its
job's."""

from pathlib import Path

import pytest

from tests.connectors.slurm.login_node import LoginNode, words

REFUSED = "echo 'sbatch: error: invalid partition specified' >&2; exit 1"
LATER = 10 * 86_400  # seconds


def links(login: LoginNode) -> list[str]:
    """The numbers that lead to a job."""
    return sorted(link.name for link in login.names.iterdir())


def test_a_number_is_given_out_once(login: LoginNode) -> None:
    """The number of a refused submission is given to no later one, and its link is removed when a
    later submission has one."""
    for number in ("1", "2"):
        assert login.run("submit", *words(), sbatch=REFUSED).startswith("refused\n")
        assert links(login) == [number]
    assert login.run("submit", *words(), sbatch="echo 77") == "elected 77\n"
    assert links(login) == ["3"]
    assert login.run("submit", *words(), sbatch="exit 9") == "elected 77\nagain\n"


def test_a_refused_job_is_purged(login: LoginNode) -> None:
    """The purge removes a refused job with its link, so nothing of its name is left."""
    login.run("submit", *words(), sbatch=REFUSED)
    job = login.job
    login.grow_old(LATER)
    assert login.run("purge", "1440") == "purged\n"
    assert not job.exists()
    assert not login.names.exists()


def test_a_job_that_cannot_be_looked_up_keeps_its_name(login: LoginNode) -> None:
    """A job keeps its name while the file server shows nothing for a moment."""
    login.run("submit", *words(), sbatch="echo 77")
    job = login.job
    job.rename(login.home / "elsewhere")
    job.write_text("in its place: a directory that is neither seen nor can be made")
    login.grow_old(LATER)
    login.run("purge", "1440")
    assert links(login) == ["1"]
    job.unlink()
    login.run("purge", "1440")
    assert not login.names.exists()


def test_a_number_that_is_listed_and_cannot_be_read(login: LoginNode) -> None:
    """A generation that is listed and cannot be read may be the job in question, so the call fails
    as unwritable."""
    login.run("submit", *words(), sbatch="echo 77")
    (login.names / "2").write_text("no link, as far as can be seen")
    assert login.run("evidence", "78", "1000", "10", "3") == f"unwritable {login.names}\n"


@pytest.mark.parametrize("gone", [False, True])
def test_a_cancellation_that_failed_after_the_bridge_went_away(
    login: LoginNode, gone: bool
) -> None:
    """A cancellation that could not reach the controller leaves no mark, also when the bridge has
    gone away before."""
    login.run("submit", *words(), sbatch="echo 77")
    error = "Kill job error on job id 77: Unable to contact slurm controller"
    away = f'sleep 0.3; echo "{error}" >&2; exit 1'
    login.run("cancel", "77", scancel=away, gone=gone)
    assert not (login.job / "cancelled").is_symlink()


@pytest.mark.parametrize(
    ("sacct", "noted"),
    [
        ("exit 0", False),
        ("echo 'sacct: error: Connection refused' >&2; exit 1", True),
        ("sleep 30", True),
        ("echo 'Slurm accounting storage is disabled' >&2; exit 1", False),
        ("exit 127", False),
    ],
)
def test_when_the_accounting_was_silent(login: LoginNode, sacct: str, noted: bool) -> None:
    """The time of a silent accounting is noted, because its rows may be old when it is back; a
    cluster without accounting has no such note."""
    login.run("submit", *words(), sbatch="echo 77")
    first = login.run("evidence", "77", "1000", "10", "2", sacct=sacct).split("\n")
    assert [line for line in first if line.startswith("silent ")] == (
        [f"silent {now_of(first)}"] if noted else []
    )
    assert ("silent " in login.run("evidence", "77", "1000", "10", "2")) == noted


def now_of(lines: list[str]) -> str:
    """The time by the file server's clock, as the program printed it."""
    return next(line for line in lines if line.startswith("now ")).partition(" ")[2]


def test_release_prints_its_exit_code_before_a_banner(login: LoginNode, tmp_path: Path) -> None:
    """The exit code comes before the words, because nothing after an empty line is read."""
    login.run("submit", *words(), sbatch="echo 77")
    scontrol = tmp_path / "bin/scontrol"
    scontrol.write_text("#!/bin/sh\nprintf 'Welcome\\n\\nto this site\\n'\n")
    scontrol.chmod(0o700)
    assert login.run("release", "77").splitlines() == ["code 0", "Welcome", "to this site"]
