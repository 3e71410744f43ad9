"""A host's own words."""

import pytest

from connectors.transports.host_words import printable


@pytest.mark.parametrize("words", ["\x1b[2J", "a\nERROR forged", "\u202eb", "\x00\x9b31m"])
def test_a_hosts_words_move_no_cursor_and_forge_no_line(words: str) -> None:
    """A host's words are printable and short before they reach an error or the log."""
    shown = printable(words + "x" * 5000)
    assert shown.isprintable()
    assert len(shown) <= 300
