"""The owner of a job, as sacct shows it."""

import pytest

from connectors.slurm.words.commands import (
    SacctOwner,
)
from dssr.errors import Unavailable
from dssr.job import JobRef
from tests.connectors.slurm.answers import PLACE, done


def sacct_rows(command: SacctOwner, *rows: tuple[str, str, str, str]) -> str:
    """What sacct prints with a mark behind each field."""
    return "".join("".join(field + command.mark for field in row) + "\n" for row in rows)


def submit_line(number: int, name: str = "name", place: str = PLACE) -> str:
    """How a job was submitted."""
    batch = f"/home/alice/.jarvice/state/{place}/batch.{number}.{name}"
    return f"sbatch --parsable -J jarvice_name -o /home/alice/x.out {batch} /home/alice/dir /x/"


@pytest.mark.parametrize(
    ("rows", "owner"),
    [
        ([("5", "alice", "jarvice_name", submit_line(7))], "alice"),
        ([("5", "alice", "jarvice_name", "")], "alice"),  # not every accounting keeps it
        ([("5", "alice", "jarvice_name", submit_line(77))], None),
        ([("5", "alice", "jarvice_name", submit_line(6))], None),
        ([("5", "alice", "renamed", submit_line(7))], "alice"),
        ([("5", "alice", "jarvice_other", "")], None),
        ([("5", "alice", "jarvice_name", submit_line(7, "name2"))], None),
        ([("5", "alice", "jarvice_name", submit_line(7, "nam"))], None),
        ([("5", "alice", "jarvice_name", submit_line(7, place="jobs/x/y"))], None),
        ([("55", "alice", "jarvice_name", submit_line(7))], None),
        ([], None),
        # ids began again from 1: the one that fits is meant, and of two the last
        (
            [("5", "alice", "jarvice_name", submit_line(7)), ("5", "bob", "other", "sbatch")],
            "alice",
        ),
        (
            [
                ("5", "alice", "jarvice_name", submit_line(7)),
                ("5", "bob", "jarvice_name", submit_line(7)),
            ],
            "bob",
        ),
        # names like rows
        ([("5", "bob", "x\n5|alice|jarvice_name|", submit_line(6))], None),
        (
            [
                (
                    "5",
                    "bob",
                    f"jarvice_name\n5{'0' * 16}alice{'0' * 16}jarvice_name{'0' * 16}",
                    submit_line(6),
                )
            ],
            None,
        ),
    ],
)
def test_whose_job_it_is(rows: list[tuple[str, str, str, str]], owner: str | None) -> None:
    """The owner is found by id, name and number; no user can write a row into the answer."""
    command = SacctOwner(JobRef("name", 7, "5"))
    assert command.parse(done(sacct_rows(command, *rows))) == owner
    assert (
        command.parse(done("Welcome to this site!\n" + sacct_rows(command, *rows) + "See you\n"))
        == owner
    )


def test_sacct_that_did_not_answer() -> None:
    """The error has sacct's words, and differs from the one about a job that does not exist."""
    with pytest.raises(Unavailable, match="accounting storage is disabled"):
        SacctOwner(JobRef("name", 7, "5")).parse(
            done("", 1, "Slurm accounting storage is disabled")
        )


def test_the_words_of_sacct() -> None:
    """The command lists all runs of one job, behind a mark that is new each time."""
    first, second = (SacctOwner(JobRef("name", 7, "5")) for _ in range(2))
    assert {"-X", "-D", "-n", "-p"} <= set(first.argv())
    assert first.mark != second.mark
