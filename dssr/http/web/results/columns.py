"""The columns of a table: numbers, times or text, as the file has them. Pure."""

import math
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})  # in lower case


class Column:
    """A column that grows. ``values``: as numbers, times in seconds since the epoch; NaN where a
    cell has none."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values = array("d")
        self._numbers = self._times = self._texts = 0

    @property
    def is_time(self) -> bool:
        """Whether all cells with something in them are ISO dates."""
        return self._times > 0 and not self._numbers and not self._texts

    @property
    def is_number(self) -> bool:
        """Whether all cells with something in them are numbers."""
        return self._numbers > 0 and not self._times and not self._texts

    @property
    def is_shown_on_an_axis(self) -> bool:
        """Whether it is one of both."""
        return self.is_time or self.is_number

    def add(self, cells: Sequence[str]) -> None:
        """Read further cells."""
        if self._texts:  # it is no column of a plot, whatever follows
            self.values.extend([math.nan] * len(cells))
            return
        try:
            numbers = array("d", map(float, cells))
        except ValueError:
            numbers = None
        # float() reads 1_000 as a number, which no other program writes as one.
        if numbers is None or any("_" in cell for cell in cells):
            self.values.extend(map(self._read, cells))
        else:
            self.values.extend(numbers)
            self._numbers += sum(map(math.isfinite, numbers))

    def _read(self, cell: str) -> float:
        text = cell.strip()
        if text.lower() in MISSING:
            return math.nan
        try:
            if "_" not in text:
                number = float(text)
                self._numbers += math.isfinite(number)
                return number
        except ValueError:
            pass
        try:
            seconds = _seconds(text)
        except (ValueError, OverflowError):
            self._texts += 1
            return math.nan
        self._times += 1
        return seconds


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _seconds(text: str) -> float:
    """Of an ISO date; one without a zone is in UTC."""
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
