"""The end of a file, at the cost of what is returned: a file of many GB is not read to its end."""

import os
from pathlib import Path

from dssr.job import OUTPUT_BYTES, Output

_BLOCK = 64 * 1024


def last_lines(path: Path, lines: int, limit: int = OUTPUT_BYTES) -> Output:
    """The last ``lines`` lines of the file, and of them at most the last ``limit`` bytes.

    Raises ``FileNotFoundError``.
    """
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        start, wanted, blocks = end, lines + 1, []
        while start > max(0, end - limit) and wanted > 0:
            size = min(_BLOCK, start - max(0, end - limit))
            start = file.seek(start - size)
            block = file.read(size)
            wanted -= block.count(b"\n") + (start + size == end and not block.endswith(b"\n"))
            blocks.append(block)
    data = b"".join(reversed(blocks))
    return Output.end(end, _end_of(data, lines), lines, limit)


def _end_of(data: bytes, lines: int) -> bytes:
    """The last ``lines`` lines of ``data``; a newline at its end ends the last line and begins
    none."""
    at = len(data) - data.endswith(b"\n")
    for _ in range(lines):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return data
    return data[at + 1 :] if lines > 0 else b""
