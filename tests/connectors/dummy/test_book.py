"""The dummy connector's memory: what is forgotten, and the order of final states."""

from dataclasses import replace

import pytest

from connectors.dummy.book import Book
from connectors.dummy.settings import DummySettings
from dssr.errors import NotFound
from dssr.job import JobSpec

SPEC = JobSpec("job", 1, 1, "source", "script", keeps_files=True, idempotency="key")
DAY = 86400.0


class Clock:
    """A clock that the test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


@pytest.fixture
def book(clock: Clock) -> Book:
    """No jobs yet; they are queued for 2 s and run for 5 s."""
    return Book(DummySettings(dummy_queued=2, dummy_running=5, retention=DAY), clock)


def test_a_job_that_keeps_its_files_is_forgotten_after_its_end(book: Book, clock: Clock) -> None:
    """The record, the name and the key are kept for the retention time after the job's end."""
    job, _ = book.submit(SPEC)
    book.records()
    clock.now += 7 + DAY
    assert book.submit(SPEC) == (job, True)
    clock.now += 1
    again, is_known = book.submit(SPEC)
    assert (again.native_id != job.native_id, is_known) == (True, False)
    with pytest.raises(NotFound):
        book.with_id(job.native_id)
    assert list(book.ends(0)) == []


def test_final_states_are_in_the_order_of_their_times(book: Book, clock: Clock) -> None:
    """Jobs that ended between two looks are ordered by their ends; a later look adds to that."""
    first, _ = book.submit(SPEC)
    clock.now += 1
    second, _ = book.submit(replace(SPEC, number=2, idempotency=""))
    clock.now += 1
    third, _ = book.submit(replace(SPEC, number=3, idempotency=""))
    second.cancelled = clock.now
    clock.now += 5
    book.records()
    assert [end.job.id for end in book.ends(0)] == [second.native_id, first.native_id]
    clock.now += 10
    book.records()
    ends = book.ends(0)
    assert [end.job.id for end in ends][2:] == [third.native_id]
    assert [end.serial for end in ends] == sorted(end.serial for end in ends)


def test_serial_numbers_rise_over_a_restart(book: Book, clock: Clock) -> None:
    """A new start gives higher numbers than the one before, so that no listener misses an end."""
    book.submit(SPEC)
    clock.now += 10
    book.records()
    clock.now += 10
    later = Book(DummySettings(dummy_queued=0, dummy_running=0), clock)
    later.submit(SPEC)
    later.records()
    assert later.ends(0)[0].serial > book.ends(0)[0].serial
