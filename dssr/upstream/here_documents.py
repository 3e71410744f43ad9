"""Which lines of a shell script are its own, and which are the text of a here-document. Pure.

bash(1), Here Documents: behind ``<<`` or ``<<-`` is a word, quoted or not, and the lines up to that
word alone (without leading tabs, for ``<<-``) are text. ``<<`` means nothing in quotes, comments
and arithmetic, and ``<<<`` begins no here-document.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_COMMAND = re.compile(r"\\|\$?'|\"|\$?\(\(|[()#]|<<<|<<-?")  # what matters outside of quotes
_IN_DOUBLE_QUOTES = re.compile(r"\\|\"|\$\(\(?")
_IN_ARITHMETIC = re.compile(r"[()]")
_END_OF_QUOTE = {"'": re.compile("'"), "$'": re.compile(r"\\|'")}
_BEFORE_A_WORD = frozenset(" \t;&|()")
_WORD = re.compile(r"""[ \t]*((?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s;&|<>()'"\\])+)""")
_QUOTED = re.compile(r"""\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)\"""")


@dataclass(frozen=True)
class _End:
    """The line that ends a here-document."""

    text: str
    strips_tabs: bool

    def is_at(self, line: str) -> bool:
        return (line.lstrip("\t") if self.strips_tabs else line) == self.text


def own_lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines that are in no here-document, the one that begins it among them."""
    scanner = _Scanner()
    awaited: deque[_End] = deque()
    for line in lines:
        if awaited:
            if awaited[0].is_at(line):
                awaited.popleft()
            continue
        yield line
        awaited.extend(scanner.read(line))


class _Scanner:
    """Reads a script line by line and knows in which quotes it is.

    ``_inside``: what is open, the innermost last: ``'``, ``$'``, ``"``, ``(`` (a command in
    parentheses) or ``((`` (arithmetic, one entry for each parenthesis).
    """

    def __init__(self) -> None:
        self._inside: list[str] = []

    def read(self, line: str) -> Iterator[_End]:
        """The ends of the here-documents that begin behind this line."""
        at = 0
        while match := self._pattern().search(line, at):
            mark, at = match[0], match.end()
            if mark == "\\":
                at += 1
            elif mark.startswith("<<"):
                word = _WORD.match(line, at) if mark != "<<<" else None
                if word:
                    at = word.end()
                    yield _End(_unquoted(word[1]), mark == "<<-")
            elif mark == "#":
                if match.start() == 0 or line[match.start() - 1] in _BEFORE_A_WORD:
                    return
            else:
                self._step(mark)

    def _pattern(self) -> re.Pattern[str]:
        innermost = self._inside[-1] if self._inside else "("
        if innermost in _END_OF_QUOTE:
            return _END_OF_QUOTE[innermost]
        if innermost == "((":
            return _IN_ARITHMETIC
        return _IN_DOUBLE_QUOTES if innermost == '"' else _COMMAND

    def _step(self, mark: str) -> None:
        """Open or close what the mark opens or closes."""
        innermost = self._inside[-1] if self._inside else ""
        closes = {"'": ("'", "$'"), '"': ('"',), ")": ("(", "((")}.get(mark, ())
        if innermost in closes:
            self._inside.pop()
        elif mark.endswith("(("):
            self._inside += ["((", "(("]
        elif mark.endswith("("):
            self._inside.append("((" if innermost == "((" else "(")
        elif mark != ")":
            self._inside.append(mark)


def _unquoted(word: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[3] is not None:
            return re.sub(r'\\([$`"\\])', r"\1", match[3])
        return match[1] or match[2] or ""

    return _QUOTED.sub(plain, word)
