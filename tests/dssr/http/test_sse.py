"""Server-sent events as a client reads them."""

from dssr.http import sse


def test_an_event_has_its_id_its_name_and_its_data() -> None:
    """An empty line ends it; without an id, the client keeps the last one."""
    assert sse.event("job", '{"a": 1}', "7") == b'id: 7\nevent: job\ndata: {"a": 1}\n\n'
    assert sse.event("end", "{}") == b"event: end\ndata: {}\n\n"


def test_the_beginning_sets_the_id_and_is_no_event() -> None:
    """A client that comes back before the first event names the place where it began."""
    assert sse.beginning("0") == b"retry: 2000\nid: 0\n\n"


def test_a_comment_is_one_line() -> None:
    """An error of several lines cannot become an event."""
    assert sse.comment("a\ndata: b\r\n") == b": a data: b\n\n"
