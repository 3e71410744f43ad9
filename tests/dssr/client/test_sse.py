import pytest

from dssr.client.sse import Event, Parser

STREAM = (
    b": hello\n\nretry: 2000\nid: 7\n\nevent: output\ndata: one\ndata:two\n\n"
    b"id: 9\r\nevent: end\r\ndata: {}\r\n\r\ndata: cut"
)
EVENTS = [Event("output", "one\ntwo", "7"), Event("end", "{}", "9")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
def test_events_are_read_whatever_the_pieces_are(size: int) -> None:
    """Comments, ids without data, several lines and both line ends are read as the standard has
    them, and an event that was cut is none."""
    parser = Parser("3")
    pieces = (STREAM[at : at + size] for at in range(0, len(STREAM), size))
    assert list(parser.events(pieces)) == EVENTS
    assert parser.last_id == "9"


def test_an_id_counts_from_the_end_of_its_block() -> None:
    """The id of a block that was cut is not one that the caller has."""
    parser = Parser("3")
    assert list(parser.events([b"id: 4\ndata: x\n\nid: 5\nda"])) == [Event("message", "x", "4")]
    assert parser.last_id == "4"


def test_an_event_comes_as_soon_as_it_is_complete() -> None:
    """No event waits for the next piece."""
    pieces = iter([b"data: 1\n\n", b"data: 2\n\n"])
    events = Parser().events(pieces)
    assert next(events).data == "1"
    assert next(pieces) == b"data: 2\n\n"
