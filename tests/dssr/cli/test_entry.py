"""The start of the program, as a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.dssr.cli.running import home_of
from tests.dssr.cli.test_main import run

# Ctrl-C at the instant at which that module is about to be imported
PROGRAM = """
import os, signal, sys

class Finder:
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder)
from dssr.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    "module", ["click", "dssr.cli.commands.jobs", "dssr.client.client", "requests", "dssr.http.app"]
)
def test_ctrl_c_while_it_is_loaded_is_quiet(module: str, tmp_path: Path) -> None:
    """Ctrl-C during any import ends the program with exit code 130, and prints nothing."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module), "jobs"],
        env=home_of(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_the_program_begins_here() -> None:
    """The installed program and 'python -m dssr' handle Ctrl-C before they load anything else."""
    script = Path(sys.executable).parent / "dssr"
    assert "dssr.cli.entry" in script.read_text()


@pytest.mark.parametrize("words", [("jobs",), ("service", "list")])
def test_a_wrong_cluster_is_named_as_it_was_given(words: tuple[str, ...], tmp_path: Path) -> None:
    """An error about the cluster names the option or the variable that was used, and no other
    setting."""
    wrong, user = "no_host!", home_of(tmp_path)
    as_option = run(user, *words, "--cluster", wrong)
    as_variable = run(user | {"DSSR_CLUSTER": wrong}, *words)
    assert (as_option.returncode, as_variable.returncode) == (2, 2)
    assert "--cluster" in as_option.stderr
    assert "DSSR_CLUSTER" in as_variable.stderr
    assert "JARVICE_SLURM_CLUSTER_ADDR" not in as_option.stderr + as_variable.stderr
    assert as_option.stderr.count(wrong) == 1
