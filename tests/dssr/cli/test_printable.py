"""Text made safe for a terminal, and its width."""

import pytest

from dssr.cli.printable import is_plain_word, padded, printable, shortened, width_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("relax", "relax"),
        ("größe 水", "größe 水"),
        ("\x1b[2J\x1b]0;title\x07", "?[2J?]0;title?"),
        ("a\nb\tc\r\x00\x7f\x9b", "a?b?c????"),
        ("\u202egnp.exe", "?gnp.exe"),
        ("bad\udcff", "bad?"),
        ("zero\u200bwidth\u2028", "zero?width?"),
    ],
)
def test_nothing_that_controls_a_terminal_is_printed(text: str, shown: str) -> None:
    """Control characters, changes of direction, line separators and undecodable bytes are ``?``."""
    assert printable(text) == shown


def test_wide_and_combining_characters() -> None:
    """A width is in columns of the terminal, and a text is cut to columns, not to characters."""
    assert [width_of(text) for text in ("abc", "水水", "e\u0301", "")] == [3, 4, 1, 0]
    assert shortened("水水水", 5) == "水水…"
    assert shortened("水水水", 4) == "水…"
    assert shortened("abc", 3) == "abc"
    assert padded("水", 4) == "水  "


def test_plain_words() -> None:
    """A word is plain when no shell reads anything but the word in it."""
    assert all(map(is_plain_word, ("20261127-9f3a", "a.b_c@d", "x=1,2+3")))
    assert not any(map(is_plain_word, ("", "a b", "a;b", "$a", "`a`", "a\n", "größe", "~a", "a*")))
