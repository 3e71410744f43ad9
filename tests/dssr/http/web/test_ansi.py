"""Terminal output as lines for a page: what is kept, what is dropped, and that it is safe.

``recorded`` has output of real programs, and output made to harm.
"""

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.http.web.ansi import WIDEST, Line, Terminal, html
from tests.source_tree import ROOT

RECORDED = sorted((ROOT / "tests/dssr/http/web/recorded").glob("*.out"))
# What no terminal output may put into a page.
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
STYLE = re.compile("cut|sgr-(?:bold|faint|italic|underline|inverse|crossed|[fb]g[0-9]{1,2})")


class Spans(HTMLParser):
    """Reads HTML as a browser does. ``text``: what it shows; ``others``: what is no plain span."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.others: list[object] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = dict(attrs).get("class") or ""
        known = all(STYLE.fullmatch(name) for name in classes.split())
        if tag != "span" or len(attrs) != 1 or not known:
            self.others.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag != "span":
            self.others.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)


def shown(data: bytes, size: int = 1 << 20) -> list[Line]:
    """The lines of some output that comes in pieces of this size, the last one included."""
    terminal = Terminal()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    lines = [line for piece in pieces for line in terminal.feed(piece)]
    return [*lines, terminal.line]


def texts(data: bytes) -> list[str]:
    """The same without styles."""
    return ["".join(text for _, text in line) for line in shown(data)]


def check(lines: list[Line]) -> None:
    """Assert that these lines are safe in a page, and look there as they should."""
    for line in lines:
        page = Spans(html(line))
        assert page.others == []
        assert page.text == "".join(text for _, text in line)
        assert not HARMFUL.search(page.text)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_output_is_safe_in_a_page(path: Path) -> None:
    """A page shows text and spans of known classes, without control and bidi characters."""
    check(shown(path.read_bytes()))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_pieces_may_end_anywhere(path: Path) -> None:
    """Output that comes byte by byte gives the same lines as all of it at once."""
    assert shown(path.read_bytes(), 1) == shown(path.read_bytes())


@given(st.lists(st.sampled_from([
    b"\x1b", b"[", b"]", b"P", b"0", b";", b"31", b"m", b"\\", b"\x07", b"\r", b"\n", b"\xc2",
    b"\x9b", b"\x9d", b"\x9c", b"<b>", b"&", b'"', b"\xe2\x80\xae", b"x", b"\x00",
])), st.integers(1, 5))  # fmt: skip
def test_any_sequence_is_safe_and_does_not_depend_on_the_pieces(
    parts: list[bytes], size: int
) -> None:
    """Of any bytes, in pieces of any size, the page is the same, and safe."""
    data = b"".join(parts)
    assert shown(data, size) == shown(data)
    check(shown(data))


def test_colours_and_weights_become_classes() -> None:
    """A program's colours are spans, over line ends too, until they are reset."""
    assert shown(b"ok \x1b[1;32mgood\nstill\x1b[0m plain\n")[:-1] == [
        [("", "ok "), ("sgr-bold sgr-fg2", "good")],
        [("sgr-bold sgr-fg2", "still"), ("", " plain")],
    ]
    assert html(shown(b"\x1b[93;44m<x>")[0]) == ('<span class="sgr-bg4 sgr-fg11">&lt;x&gt;</span>')


@pytest.mark.parametrize(
    ("parameters", "classes"),
    [
        ("38;5;196", "sgr-fg9"),
        ("38;5;240", "sgr-fg8"),
        ("38;5;16", "sgr-fg0"),
        ("48;2;0;200;0", "sgr-bg2"),
        ("38:2:250:250:250", "sgr-fg15"),
        ("1;22;3;23;4;24;7;27;9;29;31;39;41;49", ""),
        ("2;4;9", "sgr-crossed sgr-faint sgr-underline"),
        ("38;5", ""),
        ("38;5;999;1", "sgr-bold"),
        ("38;2;300;0;0;1", "sgr-bold"),
        ("99999999999", ""),
        ("", ""),
    ],
)
def test_parameters_of_colours(parameters: str, classes: str) -> None:
    """Colours of 256 and of 16 million become the nearest of sixteen; wrong ones do nothing."""
    assert shown(f"\x1b[{parameters}mx".encode()) == [[(classes, "x")]]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("links", ["click here", "clipboard", ""]),
        ("queries", ["asked", "picture", "sixel", ""]),
        ("title", ["after", "after", "after", ""]),
        ("c1", ["redaftershownnext", "\ufffd31mbytes\ufffd0;title\ufffd", ""]),
        ("unfinished", ["", "next line", "", "next", "", "last"]),
        ("progress", ["100%|##########|", "shorttext", "keeps", "cut", ""]),
        ("latin1", ["Temperatur: 20 \ufffdC, \ufffd\ufffd\ufffd", ""]),
        ("emoji", ["\U0001f469\u200d\U0001f52c done \u2705 e\u0301", ""]),
        ("reset", ["shown", ""]),
        ("numbers", ["12345678", ""]),
    ],
)
def test_what_is_left_of_recorded_output(name: str, lines: list[str]) -> None:
    """Titles, links, questions to the terminal and its other orders leave no trace; text stays."""
    [path] = [path for path in RECORDED if path.stem == name]
    assert texts(path.read_bytes()) == lines


def test_direction_marks_are_dropped() -> None:
    """No mark turns the text around, so a page shows what a compiler would read."""
    [path] = [path for path in RECORDED if path.stem == "bidi"]
    assert texts(path.read_bytes())[:2] == ['if access != "user // admin " {', "filegpj.exe"]


def test_a_line_that_never_ends_is_cut() -> None:
    """Of a line of millions of characters the first are shown, and how many follow."""
    [line, _] = shown(b"x" * 1_000_000 + b"\n")
    assert line == [("", "x" * WIDEST), ("cut", f" ... and {1_000_000 - WIDEST} more characters")]


def test_a_title_without_an_end_is_not_kept_in_memory() -> None:
    """A string that never ends stops waiting for its end after some kilobytes."""
    terminal = Terminal()
    terminal.feed(b"\x1b]0;" + b"x" * 10_000)
    terminal.feed(b"seen")
    assert terminal.line == [("", "seen")]


@pytest.mark.parametrize(
    "unit", [b"\x1b]", b"\x1b[", b"\x1b", b"\xc2\x9d", b"\r", b"\x1b[31mx\r", b"\x1bP\x1b"]
)
def test_hostile_output_takes_time_in_proportion_to_its_length(unit: bytes) -> None:
    """Ten times as many repetitions of a sequence take about ten times as long, not a hundred."""

    def seconds(count: int) -> float:
        begin = time.process_time()
        shown(unit * count, 65536)
        return time.process_time() - begin

    assert seconds(50_000) < 40 * seconds(5_000) + 0.5


def test_strings_that_begin_over_and_over_and_end_take_little_time() -> None:
    """A piece of many beginnings of a title, with one end behind them, is read in a fraction of a
    second, however many they are."""
    piece = "\x9d".encode() * 30_000 + b"\x07"
    begin = time.process_time()
    assert shown(piece, len(piece)) == [[]]
    assert time.process_time() - begin < 2
