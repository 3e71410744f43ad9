"""Outputs that are followed, by the rule itself: each read is one of the test."""

import pytest

from dssr.errors import Unavailable
from dssr.job import JobState
from dssr.watch.outputs import CATCH_UP_EVERY, OutputReader, Outputs
from tests.dssr.watch.cluster import ScriptedCluster

MEGABYTE = 1 << 20


class Following:
    """Outputs of a scripted cluster. ``now``: the clock; ``woken``: how often readers were."""

    def __init__(self) -> None:
        self.cluster = ScriptedCluster()
        self.now, self.woken = 1000.0, 0
        self.outputs = Outputs(lambda: self.now)

    def reader(self, id: str, offset: int = 0) -> OutputReader:
        """A listener at that place."""
        ref = (self.cluster.jobs.get(id) or self.cluster.put(id, JobState.RUNNING)).ref
        return self.outputs.add(ref, offset, self._wake)

    def read(self) -> None:
        """Read once; two seconds pass."""
        self.outputs.read(self.cluster.read_outputs)
        self.now += 2.0

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def following() -> Following:
    return Following()


def text(reader: OutputReader) -> str:
    """All that the reader can get at the moment."""
    return "".join(piece.text for piece in iter(reader.next, None))


def test_a_reader_gets_what_is_printed_from_its_place_on(following: Following) -> None:
    """Text comes once, and with the places of its first byte and behind its last one."""
    following.cluster.prints("a", b"0123")
    reader = following.reader("a", 2)
    following.read()
    piece = reader.next()
    assert piece is not None
    assert (piece.offset, piece.text, piece.after, reader.next()) == (2, "23", 4, None)
    following.cluster.prints("a", b"45")
    following.read()
    assert text(reader) == "45"


def test_all_jobs_are_read_by_one_command_and_once_for_all_readers(following: Following) -> None:
    """Twenty jobs with ten readers each cost one command."""
    readers = [following.reader(str(n)) for n in range(20) for _ in range(10)]
    for n in range(20):
        following.cluster.prints(str(n), b"line\n")
    following.read()
    assert [text(reader) for reader in readers] == ["line\n"] * 200
    assert len(following.cluster.read) == 1
    assert following.woken == 200


def test_readers_are_woken_by_news_alone(following: Following) -> None:
    """A read that finds nothing wakes no reader."""
    following.reader("a")
    following.read()
    assert following.woken == 0


def test_a_reader_who_joins_gets_what_was_read_already(following: Following) -> None:
    """The last megabyte is there at once, without a command."""
    first = following.reader("a")
    following.cluster.prints("a", b"x" * 1000)
    following.read()
    assert len(text(first)) == 1000
    assert len(text(following.reader("a", 100))) == 900


def test_many_outputs_keep_no_more_than_few(following: Following) -> None:
    """What is kept of all outputs together has a bound."""
    readers = [following.reader(str(n)) for n in range(256)]
    for _ in range(10):
        for n in range(256):
            following.cluster.prints(str(n), b"x" * 50_000)
        following.read()
        for reader in readers:
            text(reader)
    kept = [reader.output.front.end - reader.output.front.start for reader in readers]
    assert sum(kept) <= 64 * MEGABYTE
    assert min(kept) >= 200_000


def test_a_reader_far_behind_delays_no_other(following: Following) -> None:
    """The one in front gets each read; the other one reads on by a command of its own."""
    following.cluster.prints("a", b"x" * (20 * MEGABYTE))
    front, behind = following.reader("a", 20 * MEGABYTE), following.reader("a")
    got, reads = 0, 0
    while got < 20 * MEGABYTE + 10 * reads:
        following.cluster.prints("a", b"y" * 10)
        following.read()
        reads += 1
        assert text(front) == "y" * 10
        got += len(text(behind))
        assert reads < 60
    assert len(following.cluster.read) <= reads + 1 + reads * 2 / CATCH_UP_EVERY
    assert not behind.is_behind


def test_a_reader_alone_reads_a_long_output_in_bounded_parts(following: Following) -> None:
    """No command asks for more than 8 MB of all outputs."""
    following.cluster.prints("a", b"x" * (20 * MEGABYTE))
    reader, got = following.reader("a"), 0
    for _ in range(3):
        following.read()
        got += len(text(reader))
    assert got == 20 * MEGABYTE
    for places, limit in following.cluster.read:
        assert limit * len(places) <= 8 * MEGABYTE


def test_a_reader_who_does_not_read_falls_behind(following: Following) -> None:
    """It is behind when the output has gone on by more than what is kept."""
    slow = following.reader("a")
    following.cluster.prints("a", b"x" * 20_000)
    following.read()
    slow.next()
    assert not slow.is_behind
    following.cluster.prints("a", b"x" * (2 * MEGABYTE))
    following.read()
    assert slow.is_behind


def test_a_truncated_output_starts_again(following: Following) -> None:
    """All readers begin at byte 0 of what the job prints after it has truncated its output."""
    readers = [following.reader("a"), following.reader("a")]
    following.cluster.prints("a", b"first\n")
    following.read()
    assert [text(reader) for reader in readers] == ["first\n"] * 2
    following.cluster.outputs["a"] = b"new\n"
    following.read()
    following.read()
    pieces = [reader.next() for reader in readers]
    assert [(p.offset, p.text) for p in pieces if p] == [(0, "new\n")] * 2


def test_a_place_behind_the_end_is_that_readers_mistake(following: Following) -> None:
    """A reader that names a byte that there is not starts at 0, and others go on."""
    good = following.reader("a")
    following.cluster.prints("a", b"0123456789")
    following.read()
    assert text(good) == "0123456789"
    bad = following.reader("a", 10_000)
    following.cluster.prints("a", b"ab")
    following.read()
    following.read()
    assert text(good) == "ab"
    assert text(bad) == "0123456789ab"


def test_the_end_is_there_when_all_was_read(following: Following) -> None:
    """A reader is at the end when the job prints nothing more and the reader has everything."""
    reader = following.reader("a")
    following.cluster.prints("a", b"all\xe2")
    following.read()
    assert (text(reader), reader.is_at_end) == ("all", False)
    following.cluster.put("a", JobState.COMPLETED)
    following.read()
    assert not reader.is_at_end
    assert (text(reader), reader.is_at_end) == ("\ufffd", True)
    commands = len(following.cluster.read)
    following.read()
    assert len(following.cluster.read) == commands


def test_an_unknown_job_is_at_its_end(following: Following) -> None:
    """There is nothing to wait for where the cluster does not know the job."""
    reader = following.reader("a")
    del following.cluster.jobs["a"]
    following.read()
    assert reader.is_at_end
    assert following.woken == 1


def test_an_outage_is_reported_once_and_loses_nothing(following: Following) -> None:
    """A reader gets the reason once for each outage, and reads on where it was."""
    reader = following.reader("a")
    for _ in range(2):
        following.outputs.fail(Unavailable("The network is down."))
    assert (following.woken, reader.trouble(), reader.trouble()) == (1, "The network is down.", "")
    following.cluster.prints("a", b"on\n")
    following.read()
    assert text(reader) == "on\n"
    following.outputs.fail(Unavailable("The network is down."))
    assert reader.trouble() == "The network is down."


def test_an_output_without_readers_is_not_read(following: Following) -> None:
    """The last reader that leaves ends the reading; to leave twice is harmless."""
    readers = [following.reader("a"), following.reader("a")]
    for reader in (*readers, *readers):
        following.outputs.remove(reader)
    following.read()
    assert (following.cluster.read, len(following.outputs)) == ([], 0)
