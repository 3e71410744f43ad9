"""Borrowed shells, with a host that grants as many as a test says."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.transports.pool import AllBusy, ChannelRefused, Pool, Waiter

SOON = 30.0  # seconds; no test waits for it to pass


class FarSide:
    """Opens shells, ``granted`` at a time."""

    def __init__(self, granted: int) -> None:
        self.granted = granted
        self.open: set[Shell] = set()
        self.asked = 0
        self._lock = threading.Lock()

    def __call__(self, deadline: float) -> "Shell":
        with self._lock:
            self.asked += 1
            if len(self.open) >= self.granted:
                raise ChannelRefused
            shell = Shell(self)
            self.open.add(shell)
            return shell


class Shell:
    """A shell that the pool lends."""

    def __init__(self, side: FarSide) -> None:
        self.side, self.used, self.is_for_one = side, time.monotonic(), False

    @property
    def closed(self) -> bool:
        return self not in self.side.open

    def close(self) -> None:
        self.side.open.discard(self)


def in_time() -> float:
    return time.monotonic() + SOON


def borrowed(pool: Pool[Shell], use: Callable[[Shell], None] = lambda shell: None) -> Shell:
    """A shell that was borrowed, used and given back."""
    with pool.borrow(in_time()) as shell:
        use(shell)
    return shell


def test_a_shell_is_used_again() -> None:
    """Callers one after the other need one shell."""
    side = FarSide(10)
    pool = Pool(side, 8)
    assert len({borrowed(pool) for _ in range(20)}) == side.asked == 1


def test_a_shell_for_one_loan_is_closed_after_it() -> None:
    """A shell whose place others need is closed when it is given back."""
    pool = Pool(side := FarSide(10), 8)
    borrowed(pool, lambda shell: setattr(shell, "is_for_one", True))
    assert (side.asked, side.open) == (1, set())


def test_a_shell_is_lent_to_one_at_a_time() -> None:
    """A shell is lent to one caller at a time, and no more than the limit are open."""
    side, lent, most = FarSide(10), set[Shell](), []
    pool, lock = Pool(side, 3), threading.Lock()

    def use(shell: Shell) -> None:
        with lock:
            assert shell not in lent
            lent.add(shell)
            most.append(len(lent))
        time.sleep(0.01)
        with lock:
            lent.remove(shell)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: borrowed(pool, use), range(60)))
    assert max(most) <= 3
    assert len(side.open) <= 3


def test_fewer_are_granted_than_wanted() -> None:
    """When the host refuses a channel, callers wait and the host is not asked again at once."""
    side = FarSide(1)
    pool = Pool(side, 8)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda _: borrowed(pool, lambda shell: time.sleep(0.01)), range(60)))
    assert side.asked <= 8  # each of the eight places at most once


def test_a_shell_whose_use_failed_is_closed() -> None:
    """A shell whose use failed is closed, and the next caller gets another."""
    side = FarSide(10)
    pool = Pool(side, 8)

    def fail(shell: Shell) -> None:
        raise ValueError("use failed")

    with pytest.raises(ValueError, match="use failed"):
        borrowed(pool, fail)
    assert not side.open
    borrowed(pool)
    assert side.asked == 2


def test_a_shell_that_the_far_side_closed_is_not_lent() -> None:
    """An idle shell that the host has closed is not lent."""
    side = FarSide(10)
    pool = Pool(side, 8)
    borrowed(pool).close()
    borrowed(pool)
    assert side.asked == 2


def test_idle_shells_are_given_back() -> None:
    """Shells that were idle for a minute are closed."""
    side = FarSide(10)
    pool = Pool(side, 8)
    first = borrowed(pool)
    first.used -= 3600
    assert borrowed(pool) is not first
    assert first.closed


def test_all_are_busy() -> None:
    """A caller whose deadline passes while it waits gets ``AllBusy``."""
    pool = Pool(FarSide(10), 1)
    with pool.borrow(in_time()), pytest.raises(AllBusy), pool.borrow(time.monotonic() + 0.1):
        pass


def test_none_are_granted() -> None:
    """When no shell is in use and none is granted, callers do not wait."""
    side = FarSide(0)
    with pytest.raises(ChannelRefused):
        borrowed(Pool(side, 8))
    assert side.asked > 1


def test_an_error_of_opening_gives_the_place_back() -> None:
    """An error of ``open`` does not shrink the pool."""
    failures = [OSError("broken")] * 5
    side = FarSide(10)

    def open(deadline: float) -> Shell:
        if failures:
            raise failures.pop()
        return side(deadline)

    pool = Pool(open, 1)
    for _ in range(5):
        with pytest.raises(OSError, match="broken"):
            borrowed(pool)
    assert borrowed(pool)


def test_closing() -> None:
    """Idle shells are closed at once, the others when they are given back."""
    side = FarSide(10)
    pool = Pool(side, 8)
    with pool.borrow(in_time()) as busy:
        borrowed(pool)
        pool.close()
        assert side.open == {busy}
    assert not side.open


def test_the_most_urgent_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lowest rank goes first, and within a rank the first to come."""
    monkeypatch.setattr("connectors.transports.pool._LONG_WAIT", SOON)
    pool, served = Pool(FarSide(10), 1), list[str]()

    def ask(rank: int, name: str) -> None:
        with pool.borrow(in_time(), rank):
            served.append(name)

    with ThreadPoolExecutor(8) as threads, pool.borrow(in_time()):
        for place, (rank, name) in enumerate(
            [(3, "output"), (2, "status"), (1, "first"), (1, "second"), (0, "cancel")]
        ):
            threads.submit(ask, rank, name)
            while len(pool._waiting) <= place:
                time.sleep(0.01)
    assert served == ["cancel", "first", "second", "status", "output"]


@pytest.mark.parametrize("places", [1, 3])
def test_no_caller_is_overtaken_for_ever(places: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rank has its turn while there are always more callers than shells."""
    monkeypatch.setattr("connectors.transports.pool._LONG_WAIT", 0.2)
    pool, over, served = Pool(FarSide(10), places), threading.Event(), list[int]()

    def keep_asking(rank: int) -> None:
        while not over.is_set():
            with pool.borrow(in_time(), rank):
                time.sleep(0.01)

    with ThreadPoolExecutor(16) as threads:
        try:
            for n in range(4 * places):
                threads.submit(keep_asking, 1 + n % 2)
            while len(pool._waiting) < 2 * places:
                time.sleep(0.01)
            for rank in (2, 3):
                with pool.borrow(time.monotonic() + 5, rank):
                    served.append(rank)
        finally:
            over.set()
    assert served == [2, 3]


def test_submissions_leave_a_shell_to_the_others() -> None:
    """Submissions leave one shell to the other ranks, however many there are."""
    pool, go, lent = Pool(FarSide(10), 8), threading.Event(), list[Shell]()

    def submit() -> None:
        with pool.borrow(in_time(), 1) as shell:
            lent.append(shell)
            assert go.wait(SOON)

    with ThreadPoolExecutor(20) as threads:
        try:
            submissions = [threads.submit(submit) for _ in range(20)]
            while len(pool._waiting) < 13 or len(lent) < 7:
                time.sleep(0.01)
            for rank in (0, 2, 3):
                with pool.borrow(in_time(), rank):
                    assert len(lent) == 7
        finally:
            go.set()
        for submission in submissions:
            submission.result()
    assert len(lent) == 20


def test_where_there_are_few_shells_submissions_may_have_them_all() -> None:
    """Where there are few shells, submissions may use all of them."""
    pool = Pool(FarSide(2), 2)
    with pool.borrow(in_time(), 1) as one, pool.borrow(in_time(), 1) as other:
        assert one is not other


def test_a_long_wait_raises_the_rank() -> None:
    """A caller that has waited for a second goes in the order of arrival with rank 1."""
    output, status, submit, cancel = (
        Waiter(rank, 4 - rank, 100.0 + 0.25 * (3 - rank)) for rank in (3, 2, 1, 0)
    )

    def order(now: float) -> list[Waiter]:
        return sorted([status, cancel, output, submit], key=lambda waiter: waiter.priority(now))

    assert order(100.9) == [cancel, submit, status, output]
    assert order(101.0) == [cancel, output, submit, status]
    assert order(101.25) == [cancel, output, status, submit]
    assert order(102.0) == [cancel, output, status, submit]


def test_a_cancel_goes_before_all_who_have_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rank 0 goes first, however long others have waited."""
    monkeypatch.setattr("connectors.transports.pool._LONG_WAIT", 0.0)
    pool, served = Pool(FarSide(10), 1), list[int]()

    def ask(rank: int) -> None:
        with pool.borrow(in_time(), rank):
            served.append(rank)

    with ThreadPoolExecutor(8) as threads, pool.borrow(in_time()):
        for place, rank in enumerate([3, 2, 2, 1, 0]):
            threads.submit(ask, rank)
            while len(pool._waiting) <= place:
                time.sleep(0.01)
    assert served == [0, 3, 2, 2, 1]


def test_the_limit_is_learnt_from_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a refusal the limit is what was in use, and it grows one at a time."""
    side = FarSide(2)
    pool = Pool(side, 8)
    with pool.borrow(in_time()), pool.borrow(in_time()):
        for _ in range(3):
            with pytest.raises(AllBusy), pool.borrow(time.monotonic() + 0.1):
                pass
        assert side.asked == 3, "the third was refused, the others did not ask"
        side.granted = 8
        pool._retry_at = 0.0
        with pool.borrow(in_time()):
            assert len(side.open) == 3
            with pytest.raises(AllBusy), pool.borrow(time.monotonic() + 0.1):
                pass
