"""What waits for listeners of events: in which order, and when it is too much."""

import itertools
import time
from collections.abc import Sequence
from typing import Any

import pytest

from dssr.errors import Unavailable
from dssr.http.live import LARGEST
from dssr.http.v1.event_feeds import EventStream, EventText, EventWait
from dssr.http.v1.rendering import JobRenderer
from dssr.job import JobState
from dssr.watch import Change
from tests.dssr.watch.cluster import job

_ids = itertools.count()


class NoWatch:
    """A watch that passes nothing on."""

    def events(self, listener: Any, after: int | None) -> None:
        """See ``Watch``."""

    def stop_events(self, listener: Any) -> None:
        """See ``Watch``."""


def changes(count: int, serial: int | None = None) -> Sequence[Change]:
    """So many jobs that have begun to run, or have ended with serial numbers from this one on."""
    state = JobState.RUNNING if serial is None else JobState.COMPLETED
    return [
        Change(job(str(next(_ids)), state), None, time.monotonic(), serial and serial + number)
        for number in range(count)
    ]


@pytest.fixture
def stream() -> EventStream:
    """A stream that is open, behind event 7."""
    watch: Any = NoWatch()
    stream = EventStream(watch, EventText(JobRenderer(lambda _job: "")), 7)
    stream.open(lambda: None)
    return stream


def everything(stream: EventStream) -> bytes:
    """All that can be read."""
    return b"".join(iter(stream.read, b""))


def test_what_was_missed_comes_before_what_is_new(stream: EventStream) -> None:
    """The stream begins with the place where it continues, then what was missed, then the rest."""
    stream.changed(changes(2, serial=8), 9)
    stream.changed(changes(1), 9)
    stream.changed(changes(1, serial=10), 10)
    lines = everything(stream).decode().splitlines()
    assert [line for line in lines if line.startswith("id: ")] == [
        "id: 7", "id: 8", "id: 9", "id: 10"
    ]  # fmt: skip
    assert lines.count("event: job") == 4


def test_a_long_replay_comes_in_bounded_parts(stream: EventStream) -> None:
    """A listener who has missed thousands of events holds no memory for their text."""
    stream.changed(changes(2000, serial=8), 2007)
    parts = list(iter(stream.read, b""))
    assert len(parts) > 10
    assert max(map(len, parts)) < LARGEST + 2000
    assert not stream.is_behind


def test_a_listener_is_behind_when_64_kb_of_earlier_events_wait(stream: EventStream) -> None:
    """Many events at once are no reason to drop a listener; those that it did not read are."""
    stream.changed([], 7)
    stream.changed(changes(1000), 7)
    assert not stream.is_behind
    stream.changed(changes(1), 7)
    assert stream.is_behind
    everything(stream)
    stream.changed(changes(1), 7)
    assert not stream.is_behind


def test_listeners_share_the_text_of_events() -> None:
    """A change is rendered once, however many listen."""
    text, same = EventText(JobRenderer(lambda _job: "")), changes(3)
    assert text.events(same) is text.events(same)


def test_a_wait_keeps_what_came_first() -> None:
    """What happens between the first event and its response is left to the next request."""
    watch: Any = NoWatch()
    wait = EventWait(watch, 7, at_once=False)
    wait.failed(Unavailable("It is down."))
    wait.changed([], 7)
    assert (wait.read(), wait.error) == (b"", None)
    first = changes(1, serial=8)
    wait.changed(first, 8)
    wait.changed(changes(1, serial=9), 9)
    assert (wait.read(), wait.changes, wait.serial) == (None, first, 8)
