"""The README: what a newcomer sees first, and its commands."""

from pathlib import Path

import pytest

from tests.docs.console import check_dialogue, run
from tests.docs.markdown import page
from tests.end_to_end.service import Service

README = page("README.md")
LONGEST = 155  # lines


def test_the_readme_is_short() -> None:
    """A newcomer reads the README in three minutes, so it has about 150 lines."""
    assert len(README.text.splitlines()) <= LONGEST


def test_the_two_commands_are_on_the_first_screen() -> None:
    """The first 30 lines say how to see the bridge work and how to test it."""
    first = "\n".join(README.text.splitlines()[:30])
    assert "bash deploy/demo.sh" in first
    assert "bash tests/run.sh" in first


def test_the_first_job_by_hand_works_as_shown(bridge: Service, tmp_path: Path) -> None:
    """The bridge gives the responses that the README shows."""
    assert check_dialogue(README, bridge.url, tmp_path) >= 3


def test_jobs_in_a_terminal_work_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of a terminal run a job on this machine, without a bridge."""
    monkeypatch.setenv("HOME", str(tmp_path))
    done = run(README.block("run"), "", tmp_path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "Job 1")
    assert done.stdout.startswith("Hello from ")
    assert "job.sh  COMPLETED" in done.stdout
