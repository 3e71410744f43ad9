"""Reading in parts: ahead of what is sent, within bounds, in order."""

import threading
from typing import Any, cast

import pytest

from dssr.errors import Conflict, Unavailable
from dssr.job import JobRef
from dssr.jobs.parts import LARGEST, Part, PartReader, cut, whole
from dssr.seams import PART, FileEntry, ServesFiles

REF = JobRef("name", 1, "7")


class Files:
    """A file that counts up, read from memory. ``asked``: the parts; ``reading``: how many are
    being read."""

    def __init__(self, size: int) -> None:
        self.data = bytes(range(256)) * (size // 256 + 1)
        self.file = FileEntry("data", False, size, 0.0, "1:2:3:4")
        self.asked: list[tuple[int, int]] = []
        self.fails_at = size + 1
        self.lock = threading.Lock()

    def read_file(self, ref: JobRef, path: str, version: str, offset: int, limit: int) -> bytes:
        assert (ref, path, version) == (REF, "data", "1:2:3:4")
        with self.lock:
            self.asked.append((offset, limit))
        if offset >= self.fails_at:
            raise Conflict("The file has changed.")
        return self.data[offset : offset + limit]


def reader_of(files: Files) -> PartReader:
    """A reader over these files."""
    return PartReader(cast(ServesFiles, cast(Any, files)))


@pytest.mark.parametrize(("start", "stop"), [(0, 3 * PART), (5, 6), (1000, PART + 1), (7, 7)])
def test_the_pieces_are_the_file(start: int, stop: int) -> None:
    """The pieces are the bytes of the range, none missing and none twice."""
    files = Files(3 * PART)
    assert b"".join(reader_of(files).pieces(REF, files.file, start, stop)) == files.data[start:stop]


def test_parts_are_read_ahead_and_not_all_at_once() -> None:
    """When the first piece is there, some parts were asked for, and not the whole file."""
    files = Files(64 * PART)
    pieces = reader_of(files).pieces(REF, files.file, 0, 64 * PART)
    next(pieces)
    assert 1 < len(files.asked) <= 4
    pieces.close()  # type: ignore[attr-defined]


def test_parts_are_smaller_with_more_readers() -> None:
    """What all readers hold together is bounded: with twelve of them each part is a megabyte."""
    files = Files(64 * PART)
    reader = reader_of(files)
    running = [reader.pieces(REF, files.file, 0, 64 * PART) for _ in range(12)]
    for pieces in running:
        next(pieces)
    assert files.asked[0][1] == LARGEST
    assert min(limit for _, limit in files.asked) == 1 << 20
    del running, pieces
    files.asked.clear()
    next(reader.pieces(REF, files.file, 0, PART))
    assert files.asked[0][1] == LARGEST


def test_a_fault_is_raised_where_it_is() -> None:
    """The pieces before a fault are there, and the fault follows them."""
    files = Files(3 * PART)
    files.fails_at = LARGEST
    seen: list[bytes] = []
    with pytest.raises(Conflict):
        seen.extend(reader_of(files).pieces(REF, files.file, 0, 3 * PART))
    assert b"".join(seen) == files.data[:LARGEST]


def test_a_part_that_is_too_short() -> None:
    """A part with fewer bytes than it must have is ``Unavailable``."""
    part = Part(Files(10).file, 0, 10)
    assert whole(part, b"0123456789") == b"0123456789"
    with pytest.raises(Unavailable, match="3 of 10 bytes"):
        whole(part, b"012")


def test_pieces_are_small() -> None:
    """A part is given to the server in pieces of 256 KB at most."""
    data = bytes(1_000_000)
    pieces = list(cut(data))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) == 1 << 18
