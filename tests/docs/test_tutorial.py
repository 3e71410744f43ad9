"""The tutorial, followed step by step."""

from pathlib import Path

from tests.docs.console import check_dialogue, run
from tests.docs.markdown import handbook
from tests.end_to_end.service import Service

TUTORIAL = handbook("tutorial")


def test_every_response_is_as_shown(bridge: Service, tmp_path: Path) -> None:
    """A bridge on the local connector gives the responses that the tutorial shows."""
    assert check_dialogue(TUTORIAL, bridge.url, tmp_path) >= 12


def test_the_example_scripts_work_as_shown(bridge: Service, tmp_path: Path) -> None:
    """The three scripts submit a job, watch it and print its output."""
    done = run(TUTORIAL.block("run"), bridge.url, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("step 3 of 3\nDone\n")
