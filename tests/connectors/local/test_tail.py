"""The end of a file, by lines and by bytes."""

from pathlib import Path

import pytest

from connectors.local import tail
from dssr.job import OUTPUT_BYTES, OUTPUT_LINES, Output


@pytest.mark.parametrize(
    ("content", "lines", "end"),
    [
        (b"", 3, b""),
        (b"one", 1, b"one"),
        (b"one\n", 1, b"one\n"),
        (b"one\ntwo\n", 1, b"two\n"),
        (b"one\ntwo", 1, b"two"),
        (b"one\n\n", 1, b"\n"),
        (b"one\n\n", 2, b"one\n\n"),
        (b"one\ntwo\nthree\n", 9, b"one\ntwo\nthree\n"),
        (b"one\ntwo\n", 0, b""),
        (b"one\ntwo\n", -1, b""),
        (b"\xff\n\x80\r\n", 1, b"\x80\r\n"),
    ],
)
def test_last_lines(tmp_path: Path, content: bytes, lines: int, end: bytes) -> None:
    """The last lines are those that ``tail -n`` shows; a limit on lines is no cut."""
    path = tmp_path / "out"
    path.write_bytes(content)
    assert tail.last_lines(path, lines) == Output(end, 0)


@pytest.mark.parametrize("width", [1, 7, 1023, 65536, 70000])
def test_lines_across_blocks(tmp_path: Path, width: int) -> None:
    """Lines of any length are found, wherever the blocks that are read begin and end."""
    lines = [f"{n:>{width}}\n".encode() for n in range(40)]
    path = tmp_path / "out"
    path.write_bytes(b"".join(lines))
    assert tail.last_lines(path, 3) == Output(b"".join(lines[-3:]), 0)


def test_the_byte_limit_says_what_it_left_out(tmp_path: Path) -> None:
    """Where the wanted lines are longer than the limit, the last bytes are returned and those in
    front are counted."""
    path = tmp_path / "out"
    path.write_bytes(b"a" * 100 + b"\n" + b"b" * 100)
    assert tail.last_lines(path, 2, limit=150) == Output(b"a" * 49 + b"\n" + b"b" * 100, 51)
    assert tail.last_lines(path, 1, limit=150) == Output(b"b" * 100, 0)


def test_a_file_larger_than_memory_is_not_read_through(tmp_path: Path) -> None:
    """Of a file of 100 GB without a newline, ten megabytes are read and returned."""
    path = tmp_path / "out"
    with path.open("wb") as file:
        file.truncate(100 * 2**30)  # a sparse file: it has the size and takes no room
    output = tail.last_lines(path, OUTPUT_LINES)
    assert (len(output.data), output.cut) == (OUTPUT_BYTES, 100 * 2**30 - OUTPUT_BYTES)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is an error, and no empty output."""
    with pytest.raises(FileNotFoundError):
        tail.last_lines(tmp_path / "out", 10)
