"""``dssr settings``, on paper and on a screen."""

import os
import pty
import subprocess
import sys

import pytest

from dssr.cli.settings import groups, screen, table

COMMAND = [sys.executable, "-m", "dssr", "settings"]
TITLES = [f"{title.replace('`', '')}:" for title, _ in groups()]
NAMES = [f.metadata["name"] for _, settings in groups() for f in settings]


def test_a_file_gets_a_table_in_markdown() -> None:
    """Output to a file is a Markdown table with each variable once, under its group, in three
    columns."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, table() + "\n")
    rows = done.stdout.splitlines()[2:]
    titles = [row for row in rows if row.startswith("| **")]
    assert titles[0] == "| **The bridge** | | |"
    assert "| **The connector `slurm`** | | |" in titles
    assert [row.split("`")[1] for row in rows if row not in titles] == NAMES
    assert {row.replace("\\|", "").count("|") for row in rows} == {4}


def test_a_terminal_gets_lines_that_fit() -> None:
    """The lines fit the width of the terminal, or 80 columns where it does not report one."""
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
        except OSError:  # Linux reports so that the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    lines = shown.decode().splitlines()
    assert [line[2:] for line in lines if line[:3].strip() and line.startswith("  ")] == NAMES
    assert [line for line in lines if line and not line.startswith(" ")] == TITLES
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_nothing_is_left_out_on_a_screen(columns: int) -> None:
    """The screen shows defaults, older names and the files of secrets within its width."""
    lines = list(screen(columns))
    whole = " ".join(line.strip() for line in lines)
    assert max(map(len, lines)) <= columns
    for part in (
        "Default: 5000",
        "Older name: JARVICE_BAREMETAL_SCRATCH_DIR",
        "'JARVICE_SCHED_SERVER_KEY_FILE' names.",
    ):
        assert part in whole
