"""The README: what a newcomer sees first, and its commands."""

from pathlib import Path

from tests.docs.console import check_dialogue, run
from tests.docs.markdown import page
from tests.end_to_end.service import Service

README = page("README.md")
LONGEST = 170  # lines


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
    assert check_dialogue(README, bridge.url, tmp_path) >= 4


def test_the_example_scripts_work_as_shown(bridge: Service, tmp_path: Path) -> None:
    """The three scripts submit a job, watch it and print its output."""
    done = run(README.block("run"), bridge.url, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "COMPLETED after 00:00:0" in done.stdout
    assert done.stdout.endswith("step 3 of 3\nDone\n")
