"""``dssr settings``, as an operator runs it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from dssr.cli.settings import groups, in_lines, in_markdown

COMMAND = [sys.executable, "-m", "dssr", "settings"]
GROUPS = groups({})
TITLES = [f"{title.replace('`', '')}:" for title in GROUPS]
NAMES = [one.name for group in GROUPS.values() for one in group]


def dssr_settings(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run ``dssr settings`` with these settings alone."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JARVICE_", "WAITRESS_"))}
    return subprocess.run(
        [*COMMAND, *words], env=kept | environ, capture_output=True, text=True, timeout=60
    )


def test_what_is_set_and_from_where(tmp_path: Path) -> None:
    """The settings that are set are shown in their groups with their source; secrets are masked."""
    (tmp_path / "key").write_text("jarvice:MARKED")
    done = dssr_settings(
        WAITRESS_PORT="7",
        JARVICE_SCHED_SERVER_KEY_FILE=str(tmp_path / "key"),
        JARVICE_SLURM_SSH_PKEY="MARKED",
        JARVICE_BAREMETAL_SCRATCH_DIR="/scratch",
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["WAITRESS_PORT", "7", "WAITRESS_PORT"] in lines
    assert ["JARVICE_JOB_SCRATCH_DIR", "/scratch", "JARVICE_BAREMETAL_SCRATCH_DIR"] in lines
    assert ["JARVICE_SLURM_SSH_PKEY", "(secret)", "JARVICE_SLURM_SSH_PKEY"] in lines
    assert done.stdout.index("The bridge\n") < done.stdout.index("The connector slurm\n")
    assert f"(secret) in {tmp_path / 'key'}  JARVICE_SCHED_SERVER_KEY_FILE" in done.stdout
    assert "MARKED" not in done.stdout
    assert f"{len(NAMES) - 4} settings have their defaults" in done.stdout


def test_a_setting_that_cannot_be_read() -> None:
    """A wrong setting and a misspelt one are named on stderr; the exit code of a wrong one is 2."""
    done = dssr_settings(WAITRESS_PORT="http")
    assert (done.returncode, "WAITRESS_PORT must be a whole number" in done.stderr) == (2, True)
    done = dssr_settings(WAITRESS_PROT="7")
    assert (done.returncode, "did you mean WAITRESS_PORT?" in done.stderr) == (0, True)


def test_one_setting() -> None:
    """A setting that is named is explained, and for an unknown one the nearest is suggested."""
    done = dssr_settings("WAITRESS_PORT", WAITRESS_PORT="7")
    assert "The port to listen on" in done.stdout
    assert "Set: 7 (by WAITRESS_PORT)" in done.stdout
    done = dssr_settings("waitress_prot")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'WAITRESS_PORT'?" in done.stderr


def test_settings_as_json() -> None:
    """With --json all settings are a list of objects, without their secrets."""
    done = dssr_settings("--json", WAITRESS_PORT="7", JARVICE_SLURM_SSH_PKEY="MARKED")
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert list(found) == NAMES
    assert (found["WAITRESS_PORT"]["value"], found["WAITRESS_PORT"]["default"]) == ("7", "5000")
    assert found["JARVICE_SLURM_SSH_PKEY"]["value"] == "(secret)"


def test_the_table_in_markdown() -> None:
    """With --markdown each variable has a row of three columns, once, under its group."""
    done = dssr_settings("--markdown")
    assert (done.returncode, done.stdout) == (0, in_markdown(GROUPS) + "\n")
    rows = done.stdout.splitlines()[2:]
    titles = [row for row in rows if row.startswith("| **")]
    assert titles[0] == "| **The bridge** | | |"
    assert "| **The connector `slurm`** | | |" in titles
    assert [row.split("`")[1] for row in rows if row not in titles] == NAMES
    assert {row.replace("\\|", "").count("|") for row in rows} == {4}


def test_all_settings_fit_a_terminal() -> None:
    """The lines fit the width of the terminal, or 80 columns where it does not report one."""
    ours, its = pty.openpty()
    environ = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
    }
    with subprocess.Popen([*COMMAND, "--all"], stdout=its, env=environ) as process:
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
    lines = list(in_lines(GROUPS, columns))
    whole = " ".join(line.strip() for line in lines)
    assert max(map(len, lines)) <= columns
    for part in (
        "Default: 5000",
        "Older name: JARVICE_BAREMETAL_SCRATCH_DIR",
        "'JARVICE_SCHED_SERVER_KEY_FILE' names.",
    ):
        assert part in whole
