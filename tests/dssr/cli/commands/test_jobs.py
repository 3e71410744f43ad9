"""``dssr jobs``: the list, its forms and filters."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from dssr.cli.printable import width_of
from tests.dssr.cli.running import Dssr, Terminal, screen


@pytest.fixture
def held(dssr: Dssr, tmp_path: Path) -> str:
    """A held job with a long name, which no other job has."""
    name = f"a-simulation-of-water-at-300-K-{tmp_path.name}"
    return dssr.submit("true", "--held", "--name", name, "--label", f"of={tmp_path.name}")


def test_the_table(dssr: Dssr, held: str) -> None:
    """Outside of a terminal nothing is cut, and columns without any value are left out."""
    heading, row = dssr("jobs", "-n", "1").out.splitlines()
    assert heading.split() == ["ID", "NAME", "STATE", "NODES", "AGE", "WHY"]
    assert row.split()[0] == held
    assert "a-simulation-of-water-at-300-K" in row
    assert row.endswith("It is held: it was submitted so.")


def test_forms(dssr: Dssr, held: str) -> None:
    """The same job as an id, as JSON, as CSV and in a wide table."""
    document = dssr("jobs", "-o", "json", "-n", "1").document["items"][0]
    assert document["id"] == held
    assert dssr("jobs", "--json", "-n", "1").document["items"][0]["id"] == held
    assert dssr("jobs", "-o", "name", "-n", "1").out == f"{held}\n"
    [row] = csv.DictReader(io.StringIO(dssr("jobs", "-o", "csv", "-n", "1").out))
    assert set(row) == set(document)
    assert (row["state"], row["held"], row["exit_code"]) == ("HELD", "true", "")
    assert json.loads(row["labels"]) == document["labels"]
    wide = dssr("jobs", "-o", "wide", "-n", "1").out
    assert document["native_id"] in wide
    assert "CORES" in wide


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_terminal_gets_lines_that_fit(columns: int, user: dict[str, str], held: str) -> None:
    """On a terminal each line fits, states have a colour, and ids and states are never cut."""
    terminal = Terminal(user, "jobs", "-n", "5", columns=columns)
    assert terminal.end() == 0
    lines = screen(terminal.shown)
    assert max(map(width_of, lines)) <= columns
    assert lines[1].split()[0] == held
    assert "\x1b[33mHELD\x1b[0m" in terminal.shown


def test_no_colour(user: dict[str, str], held: str) -> None:
    """NO_COLOR and a terminal without abilities leave colours out."""
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        terminal = Terminal(user | environ, "jobs", "-n", "1")
        assert terminal.end() == 0
        assert "\x1b" not in terminal.shown


def test_filters(dssr: Dssr, held: str, tmp_path: Path) -> None:
    """Filters are combined; times are relative or absolute."""
    label = ("--label", f"of={tmp_path.name}")

    def ids(*words: str) -> list[str]:
        return dssr("jobs", "-o", "name", *label, *words).out.split()

    assert ids() == ids("--state", "HELD") == ids("--state", "held", "--state", "failed") == [held]
    assert ids("--state", "active", "--since", "1h") == [held]
    assert ids("--since", "2020-01-01") == ids("--mine") == [held]
    assert ids("--until", "1h") == ids("--state", "ended") == ids("--name", "x") == []


def test_what_is_wrong_with_a_filter(dssr: Dssr) -> None:
    """A value that cannot be is an error of usage with an example."""
    for words, hint in (
        (("--since", "yesterday"), "write 30m, 12h or 2d (ago)"),
        (("--label", "x"), "write it as project=water"),
        (("-n", "0"), "must be a whole number, at least 1"),
        (("--all", "--since", "1d"), "--since has no effect with --all"),
    ):
        done = dssr("jobs", *words)
        assert (done.code, done.out) == (2, "")
        assert hint in done.err


def test_no_jobs(dssr: Dssr) -> None:
    """A list without jobs is a heading, and without an error."""
    done = dssr("jobs", "--name", "there-is-no-such-job")
    assert (done.code, done.out) == (0, "ID  NAME  STATE\n")


def test_all_jobs_of_the_queue(dssr: Dssr, held: str) -> None:
    """--all shows the scheduler's own queue, by its own ids."""
    native = dssr("job", held, "--json").document["native_id"]
    rows = [line.split() for line in dssr("jobs", "--all", "--state", "held").out.splitlines()]
    assert rows[0][:3] == ["JOB", "NAME", "USER"]
    assert native in [row[0] for row in rows]
    [found] = [
        job
        for job in dssr("jobs", "--all", "--json").document["items"]
        if job["native_id"] == native
    ]
    assert found["state"] == "HELD"
    assert native in dssr("jobs", "--all", "-o", "name").out.split()


def test_a_screen_that_changes(user: dict[str, str], held: str, dssr: Dssr) -> None:
    """On a terminal --watch shows the list again as it changes; Ctrl-C leaves it behind."""
    terminal = Terminal(user, "jobs", "--watch", "-n", "1")
    terminal.until("HELD")
    assert dssr("cancel", held).code == 0
    terminal.until("CANCELLED")
    terminal.press("\x03")
    assert terminal.end() == 130
    assert "CANCELLED" in terminal.shown.rpartition("\x1b[?1049l")[2]


def test_changes_in_a_pipe(user: dict[str, str], held: str, dssr: Dssr) -> None:
    """In a pipe --watch prints a line for each change, at once."""
    words = [sys.executable, "-m", "dssr", "jobs", "--watch", "-o", "json", "-n", "1"]
    with subprocess.Popen(words, env=user, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["state"] == "HELD"
        dssr("cancel", held)
        assert json.loads(process.stdout.readline())["state"] == "CANCELLED"
        process.terminate()
