"""Reads a table (CSV, TSV) that comes in pieces, and that may grow while it is read. Pure."""

import codecs
import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from dssr.http.web.results.columns import Column, is_number
from dssr.http.web.results.kinds import LARGEST_TABLE
from dssr.http.web.results.unreadable import Unreadable

MOST_COLUMNS = 200
MOST_CELLS = 5_000_000  # 40 MB of memory
_SHOWN = 1000  # rows of the beginning that are kept as text
_LONGEST_SHOWN = 200  # characters of a cell of them
_OBJECT = 64  # bytes of memory for a text beside its characters
_LONGEST_LINE = 1_000_000  # characters, also of lines that a quotation joins
_NO_TEXT = re.compile("[\x00\ufffe]")


class TableReader:
    """A table up to the last complete line. ``head``: its first rows as text, for people."""

    def __init__(self, delimiter: str = "") -> None:
        """``delimiter``: between cells; empty: that of ``,`` ``;`` and TAB which the header has
        most of."""
        self._delimiter = delimiter
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._waiting = ""
        self._line = 1  # the number of the first line that waits
        self._uneven: Counter[str] = Counter()
        self.columns: list[Column] = []
        self.rows = 0
        self.size = 0  # bytes that were read
        self.is_cut = False  # the file has more than is read
        self.head: list[Sequence[str]] = []
        self._text = 0  # bytes of memory of ``head``

    def feed(self, data: bytes) -> None:
        """Read on. Raises ``Unreadable`` for what is no table with a header."""
        if self.is_cut:
            return
        data = data[: LARGEST_TABLE - self.size] if self.size + len(data) > LARGEST_TABLE else data
        if self.size == 0 and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Unreadable("The file is text in UTF-16: write it in UTF-8.")
        self.size += len(data)
        self.is_cut = self.size >= LARGEST_TABLE
        text = self._waiting + self._decoder.decode(data)
        end = text.rfind("\n") + 1
        self._waiting = text[end:]
        self._read(text[:end])

    def finish(self) -> None:
        """Read the last line, which has no end, when the file grows no more."""
        text, self._waiting = self._waiting, ""
        if text.strip():
            self._read(f"{text}\n", is_last=True)

    @property
    def memory(self) -> int:
        """How many bytes are in memory, about."""
        return 8 * self.rows * len(self.columns) + self._text + len(self._waiting)

    def notes(self) -> list[str]:
        """What a user should know of how the table was read, a sentence each."""
        found = [
            f"{count} rows have {what} cells than the header."
            for what, count in sorted(self._uneven.items())
        ]
        if self.is_cut:
            found.append(f"The file has more: the first {self.rows} rows are shown.")
        return found

    def _read(self, text: str, *, is_last: bool = False) -> None:
        """Read complete lines. Those of a quotation that has not ended wait for its end."""
        if text.count('"') % 2:
            if is_last or len(text) > _LONGEST_LINE:
                number = self._line + text.count("\n", 0, text.rindex('"'))
                raise Unreadable(
                    f"Line {number} has a quotation mark that is not closed: inside of a "
                    'quotation, write two of them for one, as in "5"" pipe".'
                )
            self._waiting = text + self._waiting
            return
        if len(self._waiting) > _LONGEST_LINE:
            raise Unreadable(
                f"A line behind line {self._line} is longer than {_LONGEST_LINE} characters: a "
                "table has one row in each line."
            )
        if match := _NO_TEXT.search(text):
            number = self._line + text.count("\n", 0, match.start())
            raise Unreadable(f"Line {number} has a NUL character: the file is no text.")
        lines = text.replace("\r\n", "\n").split("\n")[:-1]
        if not self.columns:
            lines = self._begin(lines)
        if lines:
            self._add(lines)
        self._line += text.count("\n")

    def _begin(self, lines: list[str]) -> list[str]:
        """Read the header; the lines behind it."""
        first = next((number for number, line in enumerate(lines) if line.strip()), None)
        if first is None:
            return []
        # As numpy.savetxt writes it.
        header = lines[first].removeprefix("#").strip(" ")
        if not self._delimiter:
            self._delimiter = max(",;\t", key=header.count)
        [names] = self._cells([header])
        if all(is_number(name) or not name.strip() for name in names):
            raise Unreadable(
                f"Line {self._line + first} has no name of a column: begin the file with a header, "
                "such as time,energy."
            )
        if len(names) > MOST_COLUMNS:
            raise Unreadable(
                f"The table has {len(names)} columns: at most {MOST_COLUMNS} are shown."
            )
        self.columns = [Column(name) for name in _distinct(names)]
        return lines[first + 1 :]

    def _add(self, lines: Iterable[str]) -> None:
        rows = [row for row in self._cells(lines) if row]
        left = MOST_CELLS // max(1, len(self.columns)) - self.rows
        if len(rows) > left:
            rows, self.is_cut = rows[:left], True
        width = len(self.columns)
        if any(len(row) != width for row in rows):
            self._uneven.update(
                "fewer" if len(row) < width else "more" for row in rows if len(row) != width
            )
            rows = [(row + [""] * (width - len(row)))[:width] for row in rows]
        for column, cells in zip(self.columns, zip(*rows, strict=True), strict=False):
            column.add(cells)
        self.rows += len(rows)
        shown = rows[: max(0, _SHOWN - len(self.head))]
        self.head += [[cell[:_LONGEST_SHOWN] for cell in row] for row in shown]
        self._text += sum(
            _OBJECT + len(cell) for row in self.head[len(self.head) - len(shown) :] for cell in row
        )

    def _cells(self, lines: Iterable[str]) -> list[list[str]]:
        try:
            # csv joins the lines of a quotation, for which it needs their ends.
            return list(csv.reader((f"{line}\n" for line in lines), delimiter=self._delimiter))
        except csv.Error as error:
            raise Unreadable(f"Behind line {self._line}: {error}.") from error


def _distinct(names: Sequence[str]) -> Iterator[str]:
    """The names of columns, each a different one that is not empty."""
    used: set[str] = set()
    for number, name in enumerate(names, 1):
        wanted = name.strip()[:100] or f"column {number}"
        again = (f"{wanted} ({count})" for count in itertools.count(2))
        shown = wanted if wanted not in used else next(name for name in again if name not in used)
        used.add(shown)
        yield shown
