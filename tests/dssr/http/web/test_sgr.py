"""The classes of terminal output, and the style sheet that gives them their looks."""

import re

import pytest

from dssr.http.web.sgr import Style
from tests.source_tree import ROOT

SHEET = (ROOT / "dssr/http/web/static/output.css").read_text("utf-8")
EVERY = [*range(1, 5), 7, 9, *range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)]
PANEL = "#10141a"


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("code", EVERY)
def test_the_style_sheet_has_each_class(code: int) -> None:
    """Each weight and colour that a program can ask for has a rule."""
    style = Style()
    style.change(str(code))
    assert re.search(rf"\.{style.classes}\b", SHEET)


def test_coloured_text_can_be_read() -> None:
    """Text in each of the sixteen colours has a contrast of at least 4.5 on the panel."""
    colours = re.findall(r"\.sgr-fg\d+ \{ color: (#[0-9a-f]{6})", SHEET)
    assert len(colours) == 16
    assert [c for c in colours if contrast(c, PANEL) < 4.5] == []


def test_text_on_a_coloured_background_can_be_read() -> None:
    """The panel's own text has a contrast of at least 4.5 on each dark background."""
    backgrounds = re.findall(r"\.sgr-bg\d+ \{ background: (#[0-9a-f]{6})", SHEET)
    assert len(backgrounds) == 14  # the two light ones have dark text
    assert [c for c in backgrounds if contrast(c, "#e6e6e6") < 4.5] == []
