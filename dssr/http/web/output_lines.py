"""A part of an output as numbered lines. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = 128 * 1024  # bytes that a page shows at most
MOST = 2000  # lines, likewise
LONGEST = 8 * 1024  # bytes of one line that a page shows in one row


@dataclass(frozen=True)
class Line:
    """``number``: from 1; ``None`` where the lines before are not counted. ``offset``: of its first
    byte in the output."""

    number: int | None
    offset: int
    data: bytes


def lines_of(data: bytes, offset: int, before: int | None) -> Sequence[Line]:
    """The lines of a part that begins at ``offset``, behind ``before`` line ends.

    A line that is longer than ``LONGEST`` takes several rows of one number.
    """
    found: list[Line] = []
    if not data:
        return found
    for nth, line in enumerate(data.split(b"\n")):
        number = None if before is None else before + nth + 1
        for start in range(0, max(1, len(line)), LONGEST):
            found.append(Line(number, offset + start, line[start : start + LONGEST]))
        offset += len(line) + 1
    if not found[-1].data and data.endswith(b"\n"):
        found.pop()  # the last byte ends a line and begins none
    return found


def whole_lines(data: bytes, is_begun: bool) -> tuple[bytes, int]:
    """The part without the line that has begun before it, and how many bytes that leaves out."""
    end = data.find(b"\n") if is_begun else -1
    return data[end + 1 :], end + 1


def is_binary(data: bytes) -> bool:
    """Whether it looks like something else than text."""
    sample = data[:4096]
    return b"\0" in sample
