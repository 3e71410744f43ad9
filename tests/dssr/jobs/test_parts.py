"""Reading in parts: soon enough for what is sent, within bounds, in order."""

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from dssr.errors import Conflict, Unavailable
from dssr.job import JobRef
from dssr.jobs.parts import PIECE, Part, PartReader, Reading
from dssr.seams import PART, FileEntry, ServesFiles, Sink
from tests.end_to_end.service import eventually

REF = JobRef("name", 1, "7")
_PACKET = 1 << 15


class Files:
    """A file that counts up, read from memory. ``asked``: the parts; ``passed``: bytes that were
    given to readers; ``fails_at``: the place of a fault; ``breaks``: whether the next answer is
    lost in its middle, and sent again."""

    def __init__(self, size: int) -> None:
        self.data = bytes(range(256)) * (size // 256 + 1)
        self.file = FileEntry("data", False, size, 0.0, "1:2:3:4")
        self.asked: list[tuple[int, int]] = []
        self.passed, self.fails_at, self.breaks = 0, size + 1, False
        self.lock = threading.Lock()

    def read_file(
        self, ref: JobRef, path: str, version: str, offset: int, limit: int, sink: Sink
    ) -> None:
        assert (ref, path, version) == (REF, "data", "1:2:3:4")
        with self.lock:
            self.asked.append((offset, limit))
        if self.breaks:
            self.breaks = False
            self._pass_on(offset, min(limit, 5 * _PACKET + 7), sink)
        self._pass_on(offset, limit, sink)
        if offset + limit > self.fails_at:
            raise Conflict("The file has changed.")

    def _pass_on(self, offset: int, limit: int, sink: Sink) -> None:
        for at in range(0, limit, _PACKET):
            data = self.data[offset + at : offset + min(at + _PACKET, limit)]
            sink(at, data)
            with self.lock:
                self.passed += len(data)


def reader_of(files: Files) -> PartReader:
    """A reader over these files."""
    return PartReader(cast(ServesFiles, cast(Any, files)))


@pytest.mark.parametrize(("start", "stop"), [(0, 3 * PART), (5, 6), (1000, PART + 1), (7, 7)])
def test_the_pieces_are_the_file(start: int, stop: int) -> None:
    """The pieces are the bytes of the range, none missing and none twice; each is small."""
    files = Files(3 * PART)
    pieces = list(reader_of(files).pieces(REF, files.file, start, stop))
    assert b"".join(pieces) == files.data[start:stop]
    assert max(map(len, pieces), default=0) <= PIECE


def test_an_answer_that_was_lost_is_not_there_twice() -> None:
    """Where a part is read again because its answer was lost, the bytes that had arrived are
    there once."""
    files = Files(PART)
    files.breaks = True
    found = b"".join(reader_of(files).pieces(REF, files.file, 0, PART))
    assert found == files.data[:PART]


def test_the_next_part_is_begun_before_the_end() -> None:
    """While a part has much to come, no other one is read; near its end the next one is."""
    files = Files(64 * PART)
    pieces = reader_of(files).pieces(REF, files.file, 0, 64 * PART)
    _take(pieces, PART // 2)
    assert files.asked == [(0, PART)]
    _take(pieces, PART // 2 - PIECE)
    eventually(lambda: files.asked == [(0, PART), (PART, PART)])
    pieces.close()  # type: ignore[attr-defined]


def test_small_files_are_read_ahead() -> None:
    """Of many small parts, a few are read while one is being sent."""
    files = Files(100)
    parts = (Part(files.file, at, 10) for at in range(0, 100, 10))
    ahead = reader_of(files).ahead(REF, parts)
    next(ahead)
    eventually(lambda: len(files.asked) == 3)
    ahead.close()  # type: ignore[attr-defined]


def test_a_reader_is_waited_for_a_while() -> None:
    """What a caller has not taken is bounded while they are slow for a moment; a part is read to
    its end for one who is slow for longer, so that they occupy no channel."""
    files = Files(PART)
    pieces = reader_of(files).pieces(REF, files.file, 0, PART)
    next(pieces)
    assert files.passed < PART
    eventually(lambda: files.passed == PART)
    assert len(b"".join(pieces)) == PART - PIECE


def test_parts_are_smaller_with_more_readers() -> None:
    """What all readers hold together is bounded: with twelve of them each part is a megabyte."""
    files = Files(64 * PART)
    reader = reader_of(files)
    running = [reader.pieces(REF, files.file, 0, 64 * PART) for _ in range(12)]
    for pieces in running:
        next(pieces)
    assert files.asked[0][1] == PART
    assert min(limit for _, limit in files.asked) == 1 << 20
    del running, pieces
    files.asked.clear()
    next(reader.pieces(REF, files.file, 0, PART))
    assert (0, PART) in files.asked


def test_a_fault_is_raised_where_it_is() -> None:
    """The parts before a fault are there, and the fault follows them; the end of a part is there
    once it is known to be the file's."""
    files = Files(3 * PART)
    files.fails_at = PART
    seen: list[bytes] = []
    with pytest.raises(Conflict):
        seen.extend(reader_of(files).pieces(REF, files.file, 0, 3 * PART))
    found = b"".join(seen)
    assert PART <= len(found) < 2 * PART
    assert files.data.startswith(found)
    files.fails_at = 0
    with pytest.raises(Conflict):
        next(reader_of(files).pieces(REF, files.file, 0, PIECE))


def test_a_part_that_is_too_short() -> None:
    """A part with fewer bytes than it must have is ``Unavailable``."""
    files = Files(10)
    files.data = b"012"
    reading = Reading(Part(files.file, 0, 10))
    reading.read(cast(ServesFiles, cast(Any, files)), REF)
    with pytest.raises(Unavailable, match="3 of 10 bytes"):
        reading.next_piece()


def _take(pieces: Iterator[bytes], size: int) -> None:
    while size > 0:
        size -= len(next(pieces))
