"""The program: its help, and that commands are imported when they run."""

import subprocess
import sys

import click
import pytest

from dssr.cli.command_list import GROUPS, LINES
from dssr.cli.hints import COMMANDS, OF_SBATCH, OF_SQUEUE
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


@pytest.mark.parametrize(
    ("word", "meant"),
    [("sbatch", "submit"), ("squeue", "jobs"), ("queue", "jobs"), ("scancel", "cancel"),
     ("sinfo", "cluster"), ("sumbit", "submit")],
)  # fmt: skip
def test_what_other_tools_call_it(word: str, meant: str, dssr: Dssr) -> None:
    """The commands of Slurm, and mistyped ones, are answered with the command that is meant."""
    done = dssr(word, "x")
    assert done.code == 2
    assert f"No such command {word!r}. Did you mean {meant!r}?" in done.err


def test_every_hint_names_what_is_there() -> None:
    """What other tools call otherwise is no command of this one, and what is meant is one; no
    option with a hint is an option of the command."""
    assert set(COMMANDS.values()) <= set(LINES)
    assert not set(COMMANDS).intersection(LINES)
    for name, hints in (("submit", OF_SBATCH), ("jobs", OF_SQUEUE)):
        command = program.get_command(click.Context(program), name)
        assert command is not None
        taken = {word for option in command.params for word in option.opts}
        assert not taken.intersection(hints)


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
