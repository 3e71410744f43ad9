"""What the programs find when they look at a job: its links, its record, its output, Slurm's row of
it."""

import os
import shutil
from pathlib import Path

import pytest

from tests.connectors.slurm.login_node import LoginNode, words

LOOK = ("1000", "10", "3")  # the words of `evidence` after the native id
DAY = ".jarvice/state/jobs/day"


def settled(login: LoginNode, *, answer: str = "answer") -> None:
    """A job that has ended and whose end was reported."""
    login.run("submit", *words(), sbatch="echo 77")
    assert login.run("record_final", "77", "COMPLETED|1|", "1000", "10", answer).startswith(
        "final COMPLETED"
    )


@pytest.mark.parametrize(("answer", "free"), [("answer", True), ("", False)])
def test_a_name_is_free_some_time_after_its_end_was_reported(
    login: LoginNode, answer: str, free: bool
) -> None:
    """A name is free some time after the end was reported, even if the files could not be removed;
    an end that was found for another purpose was not reported."""
    settled(login, answer=answer)
    login.grow_old(1000)
    again = login.run("submit", *words(), sbatch="echo 78")
    assert again == ("elected 78\n" if free else "elected 77\nagain\n")


def test_the_time_of_a_name_begins_with_the_first_answer(login: LoginNode) -> None:
    """The time until a name is free begins with the first answer; later answers are the same and
    change nothing."""
    settled(login, answer="")
    assert not (login.job / "answered").exists()
    login.run("evidence", "77", *LOOK, "answer")
    login.grow_old(1000)
    login.run("evidence", "77", *LOOK, "answer")
    assert login.run("submit", *words(), sbatch="echo 78") == "elected 78\n"


def test_a_newer_link_that_a_listing_does_not_show_yet(login: LoginNode) -> None:
    """Before the bridge says that a job was never submitted, it reads the directory anew: a bridge
    on another login node may have submitted it."""
    login.run("submit", *words(), sbatch="echo 77")
    newer = login.home / DAY / "newer"
    newer.mkdir()
    (newer / "elected").symlink_to("78")
    readlink = login.home / "bin/readlink"  # the first look is over when a link is read
    readlink.write_text(
        f"#!/bin/sh\nln -sn ../../../jobs/day/newer {login.names}/2 "
        f'2>/dev/null\n{shutil.which("readlink")} "$@"\n'
    )
    readlink.chmod(0o700)
    assert f"batch {newer}/batch" in login.run("evidence", "78", *LOOK).split("\n")
    assert sorted(os.listdir(login.names)) == ["1", "2"]
    assert login.run("evidence", "79", *LOOK) == "no_job\n"


@pytest.mark.parametrize("what", ["a pipe", "a device", "a directory", "nothing"])
def test_an_output_that_is_no_file_is_empty(login: LoginNode, what: str) -> None:
    """An output that is no regular file (a pipe, a device or a directory) counts as empty."""
    login.run("submit", *words(), sbatch="echo 77")
    output = login.home / ".jarvice/job.out"
    output.unlink()
    if what == "a pipe":
        os.mkfifo(output)
    elif what == "a device":
        output.symlink_to("/dev/zero")
    elif what == "a directory":
        output.mkdir()
    assert login.run("output", "77", "1000", "10") == "size 0\n\n"
    assert (
        login.run("record_final", "77", "FAILED|1|", "1000", "10")
        == "final FAILED|1|\nsaved 0\nsize 0\n\n"
    )


def test_an_output_that_was_moved_away_is_followed(login: LoginNode) -> None:
    """An output that the job has replaced by a link to another place is read there."""
    login.run("submit", *words(), sbatch="echo 77")
    output, elsewhere = login.home / ".jarvice/job.out", login.home / "elsewhere"
    output.unlink()
    output.symlink_to(elsewhere)
    elsewhere.write_text("one\ntwo\n")
    assert login.run("output", "77", "1000", "1") == "size 8\n\ntwo\n"
    assert (
        login.run("record_final", "77", "FAILED|1|", "1000", "10")
        == "final FAILED|1|\nsaved 8\nsize 8\n\none\ntwo\n"
    )


def test_a_record_that_cannot_be_read_is_reported(login: LoginNode) -> None:
    """A record that cannot be read is reported as such, and not as missing."""
    login.run("submit", *words(), sbatch="echo 77")
    assert "unreadable" not in login.run("evidence", "77", *LOOK)
    (login.job / "record").mkdir()  # sed's error is the same as that of a file server that fails
    assert f"unreadable {login.job}/record" in login.run("evidence", "77", *LOOK).split("\n")


@pytest.mark.parametrize(
    ("squeue", "is_missing"),
    [
        ("exit 0", True),
        ("echo 'Welcome to this site'", True),  # a wrapper
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", True),
        (
            "echo 'Welcome'; echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; "
            "exit 1",
            False,
        ),
        (
            "echo 'slurm_load_jobs error: Unable to contact slurm controller' | cat",
            False,
        ),  # a wrapper that loses its exit code
        ("exit 1", False),
        ("sleep 30", False),
    ],
)
def test_whether_the_controller_lists_the_job_no_more(
    login: LoginNode, squeue: str, is_missing: bool
) -> None:
    """A job is gone from the controller when squeue succeeds without it or calls its id invalid; a
    controller that is silent is no evidence."""
    login.run("submit", *words(), sbatch="echo 77")
    printed = login.run("evidence", "77", "1000", "10", "2", squeue=squeue).split("\n")
    assert any(line.startswith("missing ") for line in printed) == is_missing


ANOTHER = "echo '77|/another/job/batch'"


@pytest.mark.parametrize(
    ("squeue", "expected"),
    [
        ("exit 0", "code 0\n"),
        (
            "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1",
            "code 0\n",
        ),  # scancel's answer decides
        (ANOTHER, "code 1\nInvalid job id: 77 is another job's now\n"),
        ("echo Oops >&2; exit 1", "code 1\nUnable to contact slurm controller (squeue: Oops)\n"),
        ("sleep 30", "code 1\nUnable to contact slurm controller (squeue: no answer within 3 s)\n"),
    ],
)
def test_no_order_is_given_while_the_owner_of_the_id_is_unknown(
    login: LoginNode, squeue: str, expected: str
) -> None:
    """No order is given while squeue does not answer or shows another job under the id, and no mark
    of that order is left."""
    login.run("submit", *words(), sbatch="echo 77")
    given = login.home / "given"
    assert login.run("cancel", "77", squeue=squeue, scancel=f"echo >{given}") == expected
    assert given.exists() == expected.startswith("code 0")
    assert (login.job / "cancelled").is_symlink() == expected.startswith("code 0")


@pytest.mark.parametrize(
    ("state", "given"), [("COMPLETED", False), ("CANCELLED", False), ("UNKNOWN", True)]
)
def test_no_order_is_given_after_the_end(
    login: LoginNode, tmp_path: Path, state: str, given: bool
) -> None:
    """No order is given to a job whose end was reported, except to one that was given up as lost:
    it may come back with its controller."""
    login.run("submit", *words(), sbatch="echo 77")
    login.run("record_final", "77", f"{state}|1|", "1000", "10", "answer")
    printed = login.run("cancel", "77", scancel=f"echo >{tmp_path}/given")
    assert (tmp_path / "given").exists() == given
    assert printed == (
        "code 0\n" if given else "code 1\njob 77 is already completing or completed\n"
    )
