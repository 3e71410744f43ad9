"""Text of other people made safe for a terminal, and as wide as a terminal shows it. Pure."""

import re
import unicodedata

_REPLACEMENT = "?"
_PLAIN_WORD = re.compile(r"[\w.@+=,-]+", re.ASCII)


def printable(text: str) -> str:
    """The text on one line, with a ``?`` for each character that would control a terminal, change
    the order of the text, or that cannot be encoded."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else _REPLACEMENT for c in text)


def is_plain_word(text: str) -> bool:
    """Whether every shell takes the text for one word and nothing else."""
    return bool(_PLAIN_WORD.fullmatch(text))


def printable_lines(text: str) -> str:
    """The text made harmless, its lines kept."""
    return "\n".join(map(printable, text.splitlines()))


def _is_harmless(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def width_of(text: str) -> int:
    """How many columns the text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) == "Mn":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shortened(text: str, columns: int) -> str:
    """The text in at most so many columns, with ``…`` for what was left out."""
    if width_of(text) <= columns:
        return text
    kept, used = [], 1
    for char in text:
        used += _columns(char)
        if used > columns:
            break
        kept.append(char)
    return "".join(kept) + "…"


def padded(text: str, columns: int) -> str:
    """The text with blanks behind it up to so many columns."""
    return text + " " * (columns - width_of(text))
