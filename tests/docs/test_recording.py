"""The handbook's pictures of terminals."""

from pathlib import Path

import pytest

from tests.docs import recording
from tests.dssr.cli.running import home_of

RENEW = "run: .venv/bin/python -m tests.docs.recording"


@pytest.mark.parametrize("name", recording.ALL)
def test_a_recording_is_what_the_commands_show_today(name: str, tmp_path: Path) -> None:
    """The same commands, run on a real terminal, show what was recorded."""
    recorded = (recording.RECORDINGS / f"{name}.txt").read_text(encoding="utf-8")
    shown = recording.record(name, home_of(tmp_path))
    assert recording.normal(shown) == recording.normal(recorded), RENEW


@pytest.mark.parametrize("name", recording.ALL)
def test_a_picture_shows_its_recording(name: str) -> None:
    """The picture in the handbook is that of the recording, and loads nothing."""
    recorded = (recording.RECORDINGS / f"{name}.txt").read_text(encoding="utf-8")
    shown = (recording.PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert shown == recording.picture(name, recorded), RENEW
    assert "url(http" not in shown
