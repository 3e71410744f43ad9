"""The suite for connectors as authors outside of this repository run it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import dssr.testing

ROOT = Path(__file__).parents[3]
EXAMPLE = textwrap.dedent(dssr.testing.__doc__ or "").partition("is ``fail``::\n")[2]
# A connector that keeps the rules: the dummy connector, with jobs that fail by their script.
MINE = """
from connectors.dummy import book, connector
from connectors.dummy.settings import DummySettings

failing = set()
book.fails = lambda token, percent: token in failing


class MyConnector(connector.DummyConnector):
    records = hold = read_outputs = check = cluster = None  # it has none of these abilities

    def __init__(self, clock):
        super().__init__(DummySettings(dummy_queued=2, dummy_running=5), clock)

    def submit(self, spec, launch):
        if spec.source == "fail":
            failing.add(spec.token)
        return super().submit(spec, launch)
"""
# Each breaks one rule: the change, and the test that finds it.
BROKEN = {
    "a result without evidence": (
        "    def result(self, ref):\n"
        "        return super().result(ref) if ref.native_id == '999999999' else None\n",
        "test_no_result_while_pending",
    ),
    "cancel of an unknown job": (
        "    def cancel(self, ref):\n        if self._book.get(ref): super().cancel(ref)\n",
        "test_nothing_can_be_done_to_an_unknown_job",
    ),
    "an ability without its rules": (
        "    hold = connector.DummyConnector.hold\n",
        "test_each_ability_is_tested",
    ),
    "a token that is forgotten": (
        "    def clean(self, ref):\n        self._book._latest.pop(ref.key, None)\n",
        "test_a_token_is_free_a_quarter_of_an_hour_after_the_result",
    ),
}


def run_suite(directory: Path, mine: str) -> "subprocess.CompletedProcess[str]":
    """Run the docstring's example in an empty directory, with this connector."""
    example = EXAMPLE.partition("\nNo other package")[0]
    (directory / "test_mine.py").write_text(textwrap.dedent(example))
    (directory / "mine.py").write_text(mine)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=."]
    environ = os.environ | {"PYTHONPATH": f"{ROOT}:{directory}"}
    return subprocess.run(
        words, cwd=directory, env=environ, capture_output=True, text=True, check=False
    )


def test_the_example_of_the_docstring_passes(tmp_path: Path) -> None:
    """The example runs outside of the repository, and a connector that keeps the rules passes."""
    done = run_suite(tmp_path, MINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize(("change", "name"), BROKEN.values(), ids=BROKEN)
def test_a_connector_that_breaks_a_rule_fails(change: str, name: str, tmp_path: Path) -> None:
    """The suite fails for a connector that breaks a rule, and says in which assertion."""
    done = run_suite(tmp_path, f"{MINE}\n{change}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"::{name}" in done.stdout
