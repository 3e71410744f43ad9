"""Terminal output as text that a page can show. Pure.

Colours and weights (``dssr.http.web.sgr``) are kept, and a carriage return begins the line again.
All else that a terminal would obey is dropped: other escape sequences, titles and links, control
characters of both sets, and the characters that turn the direction of text. The grammar of escape
sequences is that of ECMA-48; as in terminals, a string such as a title also ends where another
sequence begins, and here at the end of its line, too.
"""

import codecs
import re
from html import escape
from itertools import groupby

from dssr.http.web.sgr import Style

WIDEST = 100_000  # characters of a line that are shown
_LONGEST_ESCAPE = 4096  # characters that wait for the end of a sequence
# Introducers of a string: OSC, DCS, SOS, PM, APC; and screen's own of a title, ESC k.
_STRING = "(?:\x1b[\\]PX^_k]|[\x90\x98\x9d\x9e\x9f])[^\x07\x18\x1a\x1b\x9c]*+"
_CSI = "(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+"
_OTHER = "\x1b[ -/]*+"
# C0 but for TAB, DEL, C1; marks, embeddings, overrides and isolates of direction (Unicode's annex
# on bidirectional text); the separators that would break a line where the output does not.
_CONTROLS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
_SPECIAL = re.compile(
    f"\x1b\\[([0-9;:]*)m|(\r)"
    f"|{_STRING}(?:\x07|\x1b\\\\|\x9c)?|{_CSI}[@-~]?|{_OTHER}[0-~]?|{_CONTROLS}"
)
_INCOMPLETE = re.compile(f"(?:{_STRING}\x1b?|{_CSI}|{_OTHER})\\Z")

Line = list[tuple[str, str]]  # of the parts: the names of CSS classes, and the text


class Terminal:
    """Output that comes in pieces, which may end within a sequence or a character."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""  # the beginning of a sequence
        self._style = Style()
        self._begin_line()

    def feed(self, data: bytes) -> list[Line]:
        """The lines that these bytes complete."""
        text = self._waiting + self._decoder.decode(data)
        *whole, rest = text.split("\n")
        found = []
        for line in whole:
            if self._characters or len(line) > WIDEST or _SPECIAL.search(line):
                self._add(line)
                found.append(self.line)
                self._begin_line()
            else:  # as most lines are, and a hundred times faster
                found.append([(self._style.classes, line)] if line else [])
        incomplete = _INCOMPLETE.search(rest, max(0, len(rest) - _LONGEST_ESCAPE))
        is_waiting = incomplete is not None and len(incomplete[0]) < _LONGEST_ESCAPE
        cut = incomplete.start() if incomplete and is_waiting else len(rest)
        self._add(rest[:cut])
        self._waiting = rest[cut:]
        return found

    @property
    def line(self) -> Line:
        """The line that has not ended yet, as it looks now."""
        shown, at = [], 0
        for style, cells in groupby(self._styles):
            end = at + sum(1 for _ in cells)
            shown.append((style, "".join(self._characters[at:end])))
            at = end
        if self._cut:
            shown.append(("cut", f" ... and {self._cut} more characters"))
        return shown

    def _begin_line(self) -> None:
        self._characters: list[str] = []
        self._styles: list[str] = []
        self._at = 0  # the place of the next character
        self._cut = 0  # how many characters are not shown

    def _add(self, text: str) -> None:
        at = 0
        for match in _SPECIAL.finditer(text):
            self._write(text[at : match.start()])
            at = match.end()
            if match[1] is not None:
                self._style.change(match[1])
            elif match[2]:
                self._at = 0
        self._write(text[at:])

    def _write(self, text: str) -> None:
        shown = text[: WIDEST - self._at]
        self._cut += len(text) - len(shown)
        end = self._at + len(shown)
        self._characters[self._at : end] = shown
        self._styles[self._at : end] = [self._style.classes] * len(shown)
        self._at = end


def html(line: Line) -> str:
    """A line as HTML, safe inside of an element."""
    return "".join(
        f'<span class="{classes}">{escape(text)}</span>' if classes else escape(text)
        for classes, text in line
    )
