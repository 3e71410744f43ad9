"""Listeners by the rule itself, and the limits on them at the real server."""

import logging
import time
from collections.abc import Callable

import pytest

from dssr.errors import Unavailable
from dssr.http.live import COMMENT, HEARTBEAT, Feed, Parked
from dssr.http.serving import parking
from dssr.http.serving.parking import CHECK_EVERY, LISTENERS, LISTENERS_EACH, Parking
from dssr.settings import Settings
from tests.dssr.conftest import Served
from tests.dssr.http.raw import Connect
from tests.dssr.http.serving.listening import EVENTS, NEWS, Listening, Script, until
from tests.end_to_end.service import eventually


class Seat:
    """A place that keeps what it is sent. ``reads``: whether its listener does."""

    def __init__(self, *, reads: bool = True) -> None:
        self.is_open, self.reads, self.is_half_closed = True, reads, False
        self.sent: list[bytes] = []
        self.ended = ""

    @property
    def has_unread(self) -> bool:
        return bool(self.sent) and not self.reads

    def send_event(self, data: bytes) -> None:
        self.sent.append(data)

    def end_stream(self) -> None:
        self.ended = "stream"

    def answer_again(self, feed: Feed) -> None:
        self.ended = "wait"

    def probe(self) -> None:
        self.sent.append(b"probe")

    def refuse_parked(self) -> None:
        self.ended = "refused"

    def hang_up(self) -> None:
        self.ended = "dropped"


def listen(places: Parking, seat: Seat, seconds: float | None = None, caller: str = "a") -> Script:
    """Park a listener in that seat."""
    feed = Script()
    parked = Parked(feed, caller, seconds)
    places.reserve(parked)
    places.add(seat, parked)
    return feed


def test_a_listener_who_does_not_read_delays_no_other() -> None:
    """A listener gets the next part when the last one has left, and others get theirs meanwhile."""
    places, slow, other = Parking(), Seat(reads=False), Seat()
    feeds = [listen(places, slow), listen(places, other)]
    for feed in feeds:
        feed.give(b"1", b"2", b"3")
    eventually(lambda: other.sent[-3:], lambda sent: sent == [b"1", b"2", b"3"])
    assert len(slow.sent) == 1
    slow.reads = True
    places.wake(slow)
    eventually(lambda: slow.sent[-3:], lambda sent: sent == [b"1", b"2", b"3"])


def test_a_listener_who_does_not_read_is_dropped_when_the_feed_is_behind() -> None:
    """The connection is closed, not ended: what is unsent would have to be read first."""
    places, slow = Parking(), Seat(reads=False)
    feed = listen(places, slow)
    eventually(lambda: slow.sent)
    feed.is_behind = True
    places.wake(slow)
    assert feed.closed.wait(5)
    eventually(lambda: slow.ended, lambda how: how == "dropped")
    assert len(places) == 0


def test_a_listener_who_reads_is_not_dropped() -> None:
    """A feed may be behind for a moment, as long as its listener takes what is sent."""
    places, seat = Parking(), Seat()
    feed = listen(places, seat)
    feed.is_behind = True
    feed.give(b"1")
    eventually(lambda: seat.sent[-1:], lambda sent: sent == [b"1"])
    assert seat.ended == ""


def test_a_stream_without_events_has_a_heartbeat() -> None:
    """A comment is sent at once and each quarter of a minute, and none soon after an event."""
    now = 1000.0
    places, seat = Parking(clock=lambda: now), Seat()
    feed = listen(places, seat)
    eventually(lambda: seat.sent, lambda sent: sent == [COMMENT])
    now += HEARTBEAT - 1
    feed.give(b"1")
    eventually(lambda: seat.sent, lambda sent: sent == [COMMENT, b"1"])
    now += HEARTBEAT - 1
    time.sleep(0.6)  # twice as long as the thread takes to look
    assert seat.sent == [COMMENT, b"1"]
    now += 2
    eventually(lambda: seat.sent, lambda sent: sent == [COMMENT, b"1", COMMENT])


def test_a_listener_who_may_listen_no_longer_is_cut_off() -> None:
    """The stream ends a quarter of a minute after the caller's token was revoked, at most."""
    now, allowed = 1000.0, True
    places, seat, feed = Parking(clock=lambda: now), Seat(), Script()
    parked = Parked(feed, "a", is_allowed=lambda: allowed)
    places.reserve(parked)
    places.add(seat, parked)
    for _ in range(2):
        now += CHECK_EVERY
        feed.give(b"1")
        eventually(lambda: seat.sent[-1:], lambda sent: sent == [b"1"])
        seat.sent.clear()
        feed.give(b"2")
        eventually(lambda: seat.sent, lambda sent: sent == [b"2"])
    allowed = False
    now += CHECK_EVERY
    eventually(lambda: seat.ended, lambda how: how == "stream")
    assert feed.closed.is_set()


def test_the_end_leaves_no_listener_without_an_answer() -> None:
    """Streams end, and requests that wait are refused."""
    places, stream, waits = Parking(), Seat(), Seat()
    feeds = listen(places, stream), listen(places, waits, 30.0)
    places.close()
    assert (stream.ended, waits.ended, len(places)) == ("stream", "refused", 0)
    assert all(feed.closed.is_set() for feed in feeds)


def test_a_listener_who_sends_nothing_more_is_probed_once() -> None:
    """A stream gets a comment behind that of its beginning, and a request that waits what no client
    counts as its response."""
    places, stream, waits = Parking(), Seat(), Seat()
    listen(places, stream)
    listen(places, waits, 30.0)
    stream.is_half_closed = waits.is_half_closed = True
    for _ in range(3):
        places.wake(stream)
        places.wake(waits)
        time.sleep(0.1)
    assert (stream.sent, waits.sent) == ([COMMENT, COMMENT], [b"probe"])
    places.close()


def test_a_feed_that_fails_ends_its_own_connection(caplog: pytest.LogCaptureFixture) -> None:
    """A fault in one feed is in the log with its traceback, and others go on."""
    places, bad, good = Parking(), Seat(), Seat()
    feeds = [listen(places, bad), listen(places, good)]
    feeds[0].read = None  # type: ignore[method-assign, assignment]
    with caplog.at_level(logging.ERROR):
        places.wake(bad)
        eventually(lambda: bad.ended, lambda how: how == "dropped")
    feeds[1].give(b"1")
    eventually(lambda: good.sent[-1:], lambda sent: sent == [b"1"])
    assert caplog.records[0].exc_info


def test_a_feed_is_read_when_it_is_open() -> None:
    """No feed is read while it is being opened, though others are read meanwhile."""
    places, feed, seat = Parking(), Script(), Seat()
    listen(places, Seat())
    read_at, opened_at = [], []

    def slow(wake: Callable[[], None]) -> None:
        wake()
        time.sleep(0.6)  # twice as long as the thread takes to look
        opened_at.append(time.monotonic())

    def read() -> bytes:
        read_at.append(time.monotonic())
        return b""

    feed.open, feed.read = slow, read  # type: ignore[method-assign]
    parked = Parked(feed, "a")
    places.reserve(parked)
    places.add(seat, parked)
    eventually(lambda: seat.sent)
    assert min(read_at) >= opened_at[0]


def test_a_listener_who_left_before_it_was_there_is_not_kept() -> None:
    """A connection that closes while its request is being parked gives its place back."""
    places, gone = Parking(each=1), Seat()
    gone.is_open = False
    assert listen(places, gone).closed.is_set()
    assert listen(places, Seat()).opened.is_set()


def test_a_caller_has_so_many_listeners_and_all_callers_have_so_many() -> None:
    """One more is refused for a while, and a place that is given back can be taken again."""
    places = Parking(each=2, together=3)
    first = Seat()
    for seat in (first, Seat()):
        listen(places, seat)
    with pytest.raises(Unavailable, match="2 listeners") as refused:
        listen(places, Seat())
    assert refused.value.retry_after > 0
    listen(places, Seat(), caller="b")
    with pytest.raises(Unavailable, match="3 listeners"):
        listen(places, Seat(), caller="c")
    places.left(first)
    listen(places, Seat(), caller="a")


def test_the_limits_are_those_of_the_design() -> None:
    """By default one caller has 64 listeners, and all of them together 1,000."""
    assert (LISTENERS_EACH, LISTENERS) == (64, 1000)


@pytest.mark.parametrize("request_", [EVENTS, NEWS], ids=["stream", "wait"])
def test_a_listener_too_many_gets_429_with_a_time(
    request_: bytes,
    serve: Callable[..., Served],
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The response is an error of the API as any other, and other calls are answered."""
    monkeypatch.setattr(parking.Parking.__init__, "__defaults__", (2, 1000, time.monotonic))
    api = Listening()
    served = serve(Settings(), api.calls)
    for _ in range(2):
        connect(served).sendall(request_)
    eventually(lambda: len(served.server.parking), lambda n: n == 2)
    refused = served.get(request_.split()[1].decode())
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
    assert "2 listeners" in refused.text
    assert served.get("/live").status_code == 200


def test_listeners_leave_other_connections_their_room(
    serve: Callable[..., Served], connect: Connect
) -> None:
    """The limit on connections is one on those that do not listen."""
    api = Listening()
    served = serve(Settings(connections=3), api.calls)
    while len(served.server.parking) < 10:
        last = connect(served)
        last.sendall(EVENTS)
        until(last, b":\n\n\r\n")
    for _ in range(5):
        assert served.get("/live").status_code == 200
    api.feed(9).give(b"data: 1\n\n")
    assert until(last, b"1\n\n\r\n")


def test_metrics_show_how_many_listen(serve: Callable[..., Served], connect: Connect) -> None:
    """The figure is that of the moment."""
    served = serve(Settings(), Listening().calls)
    assert "dssr_listeners 0.0" in served.get("/metrics").text
    connect(served).sendall(EVENTS)
    eventually(lambda: served.get("/metrics").text, lambda shown: "dssr_listeners 1.0" in shown)


def test_each_request_is_counted_once(serve: Callable[..., Served]) -> None:
    """A request that waited is one request in /metrics, with the time of its response alone."""
    served = serve(Settings(), Listening(seconds=0.6).calls)
    assert served.get("/test/news").status_code == 200
    shown = served.get("/metrics").text
    assert 'dssr_requests_total{call="test.news",code="200"} 1.0' in shown
    assert 'dssr_request_seconds_bucket{call="test.news",le="0.5"} 1.0' in shown
