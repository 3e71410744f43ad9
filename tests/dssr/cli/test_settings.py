"""``dssr settings``, on paper and on a screen."""

import os
import pty
import subprocess
import sys

import pytest

from dssr.cli.settings import screen, table
from dssr.settings import table as fields

COMMAND = [sys.executable, "-m", "dssr", "settings"]
NAMES = [f.metadata["name"] for f in fields()]


def test_a_file_gets_a_table_in_markdown() -> None:
    """Each variable once, in three columns: the README's can be checked against it."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, table() + "\n")
    rows = done.stdout.splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == NAMES
    assert {row.replace("\\|", "").count("|") for row in rows} == {4}


def test_a_terminal_gets_lines_that_fit() -> None:
    """80 columns, as a terminal that does not tell has them."""
    ours, its = pty.openpty()
    environ = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
    }
    with subprocess.Popen(COMMAND, stdout=its, env=environ) as process:
        os.close(its)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # Linux's way to say that nobody has the other end any more
            pass
    os.close(ours)
    assert process.returncode == 0
    lines = shown.decode().splitlines()
    assert [line for line in lines if not line.startswith(" ")] == NAMES
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_nothing_is_left_out_on_a_screen(columns: int) -> None:
    """Defaults, older names and the files of secrets are there; the lines are as wide as they may be."""
    lines = list(screen(columns))
    whole = " ".join(line.strip() for line in lines)
    assert max(map(len, lines)) <= columns
    for part in (
        "Default: 5000",
        "Older name: JARVICE_BAREMETAL_SCRATCH_DIR",
        "'JARVICE_SCHED_SERVER_KEY_FILE' names.",
    ):
        assert part in whole
