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


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("help",), "Write 'dssr --help'"),
        (("token", "new", "x"), "It is one of read, submit, admin."),
        (("completion",), "It is one of bash, zsh, fish."),
    ],
)
def test_what_is_missing_is_on_one_line(words: tuple[str, ...], hint: str, dssr: Dssr) -> None:
    """An error of usage is a line with what to write, and a line with the usage."""
    done = dssr(*words, SHELL="")
    assert done.code == 2
    first, usage = done.err.splitlines()
    assert hint in first
    assert usage.startswith("Usage: dssr")


def test_a_groups_help_cuts_no_line(dssr: Dssr) -> None:
    """The help of 'dssr service' has the whole sentence of each command."""
    assert "..." not in dssr("service", "--help").out.partition("Commands:")[2]


def test_a_time_of_a_service_has_its_default(dssr: Dssr) -> None:
    """The help of 'dssr service up' says what holds without each option that is a time."""
    said = " ".join(dssr("service", "up", "--help").out.split())
    for default in ("Else 60s.", "Else never.", "Else 10m.", "Else 3.", "Else 10s.", "Else as"):
        assert default in said
