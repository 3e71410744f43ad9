"""``dssr completion``, in real shells."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import click
import pytest

from dssr.cli.invocation import Invocation
from dssr.cli.job_name import JobName
from dssr.cli.partition_name import PartitionName
from tests.dssr.cli.running import Dssr, Terminal

BASH = """
eval "$(dssr completion bash)"
COMP_WORDS=(dssr {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_dssr_completion dssr
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
Complete = Callable[..., list[str]]


def shell_environ(user: Mapping[str, str]) -> dict[str, str]:
    """The user's, with ``dssr`` on the path."""
    return {**user, "PATH": f"{Path(sys.executable).parent}:{user['PATH']}"}


def program(name: str) -> str:
    """The path of a shell; without it the test is skipped."""
    return shutil.which(name) or pytest.skip(f"there is no {name} here")


@pytest.fixture(params=["bash", "fish"])
def complete(request: pytest.FixtureRequest, user: dict[str, str]) -> Complete:
    """What a shell offers for the words of a command line."""
    shell = program(request.param)

    def offered(*words: str) -> list[str]:
        if request.param == "bash":
            text = BASH.format(words=" ".join(f"'{word}'" for word in words))
        else:
            text = f"dssr completion fish | source; complete -C 'dssr {' '.join(words)}'"
        done = subprocess.run(
            [shell, "-c", text], env=shell_environ(user), capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    return offered


def test_commands_options_and_values(complete: Complete) -> None:
    """The shell completes commands, actions, options and their values."""
    assert complete("lo") == ["logs"]
    assert complete("token", "re") == ["revoke"]
    assert complete("submit", "--wo") == ["--workdir"]
    assert complete("jobs", "--state", "run") == ["running"]
    assert complete("cluster", "pa") == ["partitions"]


def test_ids_and_names(complete: Complete, dssr: Dssr) -> None:
    """The shell completes the ids of jobs, and names where no id begins so."""
    job = dssr.submit("true", "--held", "--name", "xylene-7")
    assert job in complete("why", job[:-1])
    assert job in complete("cancel", job, job[:1])
    assert complete("logs", "xyl") == ["xylene-7"]


def test_words_that_a_shell_would_run() -> None:
    """A name of a job or a partition that is more than a word for a shell is not offered."""
    names = ["long;id", "long $(id)", "long`id`", "long\nid", "long.2"]
    rest = {"id": "9", "state": "RUNNING", "submitted_at": "2026-01-01T00:00:00Z"}
    nodes = {"nodes": {"free": 1, "total": 2}, "max_walltime_seconds": None}
    client = SimpleNamespace(
        jobs=lambda limit: [SimpleNamespace(document={**rest, "name": name}) for name in names],
        partitions=lambda: [{**nodes, "name": name} for name in names],
    )
    context = click.Context(click.Command("any"), obj=Invocation({}))
    with patch.object(Invocation, "client", return_value=client):
        for kind in (JobName(), PartitionName()):
            items = kind.shell_complete(context, click.Argument(["name"]), "lo")
            assert [item.value for item in items] == ["long.2"]


def test_without_a_bridge(complete: Complete, user: dict[str, str]) -> None:
    """Where no bridge answers, nothing is offered, and nothing is printed."""
    user["DSSR_URL"] = "http://127.0.0.1:1"
    assert "9" not in complete("why", "9")


def test_in_zsh(user: dict[str, str], dssr: Dssr) -> None:
    """zsh completes commands and ids of jobs where people type."""
    shell = program("zsh")
    job = dssr.submit("true", "--held", "--name", "toluene-3")
    terminal = Terminal(shell_environ(user) | {"PS1": "> "}, "-f", "-i", program=[shell])
    terminal.press('autoload -U compinit && compinit -u && eval "$(dssr completion zsh)"\n')
    terminal.press("echo ready-$((1+1))\n")
    terminal.until("ready-2")
    terminal.press("dssr job --json tolu\t\n")
    terminal.until(rf'"id": "{job}"')
    terminal.press("exit\n")
    assert terminal.end() == 0


def test_another_shell(dssr: Dssr) -> None:
    """A shell that is not supported is an error of usage that names those that are."""
    done = dssr("completion", "tcsh")
    assert (done.code, done.out) == (2, "")
    assert "'tcsh' is none of bash, zsh, fish." in done.err
