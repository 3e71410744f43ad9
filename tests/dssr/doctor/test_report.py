"""What ``dssr doctor`` shows."""

import pytest

from dssr.doctor import report
from dssr.seams import Finding, Status

FINE = Finding("login", Status.OK, "bob on login.")
BROKEN = Finding(
    "submit",
    Status.FAILURE,
    "Slurm would refuse a job that does nothing: Slurm refused the job: Invalid account.",
    "The account water works. Have each job name it, and this check too, which is the last word:\n"
    "#SBATCH --account=water --comment='a line that must never be broken, however long it may be'\n"
    "export JARVICE_SLURM_CHECK_OPTIONS='account=water'",
    "JARVICE_SLURM_CHECK_OPTIONS",
)
LATE = Finding("clock", Status.WARNING, "It is late.")


def test_the_document() -> None:
    """The document has each finding in full, and whether none is a failure."""
    assert report.document([FINE, LATE])["ok"] is True
    assert report.document([FINE, BROKEN]) == {
        "ok": False,
        "checks": [
            {"name": "login", "status": "ok", "detail": "bob on login.", "cure": "", "setting": ""},
            {
                "name": "submit",
                "status": "failure",
                "detail": BROKEN.detail,
                "cure": BROKEN.cure,
                "setting": "JARVICE_SLURM_CHECK_OPTIONS",
            },
        ],
    }


@pytest.mark.parametrize("columns", [40, 80, 110])
def test_lines_fit_the_terminal(columns: int) -> None:
    """Prose is wrapped to the terminal; what is to be pasted is on one line each."""
    lines = list(report.lines(BROKEN, columns))
    pasted = [line for line in BROKEN.cure.splitlines() if not report.is_prose(line)]
    assert [line.strip() for line in lines if line.strip() in pasted] == pasted
    others = [line for line in lines if line.strip() not in pasted]
    assert max(map(len, others)) <= columns
    assert lines[0].startswith("failure  submit")
    assert lines[-1].strip() == "Setting: JARVICE_SLURM_CHECK_OPTIONS"


def test_colours() -> None:
    """The status has a colour where colours are wanted, and no character of control else."""
    assert next(report.lines(FINE, 80, coloured=True)).startswith("\x1b[32mok")
    assert "\x1b" not in "".join(report.lines(FINE, 80))


def test_words_of_the_cluster_cannot_move_the_cursor() -> None:
    """A control character in the words of a cluster never reaches the terminal."""
    hostile = Finding("login", Status.OK, "\x1b[2Jhello\x07", "Paste:\necho \x1b[2J\necho \x07")
    assert "".join(report.lines(hostile, 80)).isprintable()


def test_the_summary() -> None:
    """The summary counts each status."""
    assert report.summary([FINE, BROKEN, LATE, FINE], 9.4) == (
        "1 failure, 1 warning, 2 ok, 0 skipped, in 9 s."
    )
    assert report.summary([FINE], 0.0).startswith("no failures, no warnings, 1 ok")


def test_a_check_that_is_being_made() -> None:
    """The line of a check that is being made is no longer than the terminal."""
    assert report.running("state-directory", 80, True) == "...      state-directory"
    assert report.running("state-directory", 12, True) == "...      sta"
    assert "a job runs" in report.running("canary", 80, True)
    assert report.running("canary", 80, False) == "...      canary"
