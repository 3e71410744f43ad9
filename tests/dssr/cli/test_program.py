"""The program: its help, and that commands are imported when they run."""

import subprocess
import sys

import click
import pytest

from dssr.cli.command_list import GROUPS, LINES
from dssr.cli.program import program
from tests.dssr.cli.running import Dssr

HEAVY = ("flask", "requests", "pydantic", "paramiko", "importlib.metadata", "dssr.bridge")


def test_the_help_needs_no_library() -> None:
    """'dssr --help' imports neither a command nor a library but click."""
    code = (
        "import sys; from dssr.cli.main import main; code = main(['--help']);"
        f"print(code, [m for m in sys.modules if m in {HEAVY!r} or m.startswith('dssr.cli.comm"
        "ands.')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == "0 []\n"


def test_the_help_shows_all_commands_in_groups(dssr: Dssr) -> None:
    """The help has each command with its line, under the title of its group."""
    done = dssr("--help")
    assert done.code == 0
    text = " ".join(done.out.split())
    for title, commands in GROUPS.items():
        assert f"{title}: " in text
        for name, line in commands.items():
            assert f"{name} {line}" in text


@pytest.mark.parametrize("name", LINES)
def test_each_command_explains_itself(name: str, dssr: Dssr) -> None:
    """The module of each command holds a command whose help begins with the line of the list."""
    found = program.get_command(click.Context(program), name)
    assert found is not None
    assert (found.help or "").startswith(LINES[name])
    done = dssr(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: dssr {name}")
