"""The handbook's page about the command line."""

import re
from pathlib import Path

import pytest

from tests.docs import command_reference as reference
from tests.docs.console import check_dialogue
from tests.end_to_end.service import Service

RENEW = "run: .venv/bin/python -m tests.docs.command_reference"


def test_the_reference_is_the_programs_own() -> None:
    """The commands, options and exit codes in the handbook are those of the program."""
    assert reference.shown(reference.COMMANDS) == reference.current_commands(), RENEW
    assert reference.shown(reference.CODES) == reference.current_codes(), RENEW


def test_the_first_job_works_as_shown(
    bridge: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands print what the page shows."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_dialogue(reference.command_page(), bridge.url, tmp_path) == 3


def test_options_that_the_text_names_exist() -> None:
    """Each long option that the page's own text names is in the reference."""
    before, mark, rest = reference.command_page().text.partition(reference.COMMANDS[0])
    assert mark
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", before))
    assert len(named) > 5
    assert {option for option in named if f"{option}" not in rest} == set()
