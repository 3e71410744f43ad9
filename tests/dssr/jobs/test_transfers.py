"""How many downloads run at once, and in which order the parts of a file are written."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest

from dssr.deadline import answering
from dssr.errors import Busy, TooMany, Unavailable
from dssr.jobs.transfers import EACH, TOGETHER, WAITING, Transfers
from tests.end_to_end.service import eventually


def test_each_caller_and_all_together_have_so_many_downloads() -> None:
    """A download above the caller's limit is ``TooMany``, above that of all ``Busy``; one that has
    ended makes room once."""
    transfers = Transfers()
    ends = [transfers.begin_download("alice") for _ in range(EACH)]
    with pytest.raises(TooMany, match="at once"):
        transfers.begin_download("alice")
    others = [transfers.begin_download(f"user{n}") for n in range(TOGETHER - EACH)]
    with pytest.raises(Busy):
        transfers.begin_download("last")
    ends[0]()
    ends[0]()  # again, as when a response is closed twice
    transfers.begin_download("last")
    with pytest.raises(Unavailable):
        transfers.begin_download("one too many")
    assert len(others) == TOGETHER - EACH


def test_a_download_may_wait_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that waits begins when one of the caller's has ended; it is refused when none
    does, and at once where as many wait already."""
    transfers = Transfers()
    ends = [transfers.begin_download("alice") for _ in range(EACH)]
    with ThreadPoolExecutor(WAITING) as pool:
        begun = [pool.submit(transfers.begin_download, "alice", waits=True) for _ in range(WAITING)]
        eventually(lambda: transfers.waiting == WAITING)
        with pytest.raises(TooMany):
            transfers.begin_download("alice", waits=True)
        for end in ends:
            end()
        while begun:
            done = next(as_completed(begun, timeout=30))
            begun.remove(done)
            done.result()()
    monkeypatch.setattr("dssr.jobs.transfers._PATIENCE", 0.05)
    ends = [transfers.begin_download("alice") for _ in range(EACH)]
    with pytest.raises(TooMany):
        transfers.begin_download("alice", waits=True)


def test_the_figures() -> None:
    """The figures are the downloads that run, and the bytes that were taken and written."""
    transfers = Transfers()
    end = transfers.begin_download("alice")
    pieces = transfers.counted(iter([b"one", b"three"]))
    next(pieces)
    next(pieces)
    with transfers.upload("file", 0, 7, 7):
        pass

    def values() -> list[float]:
        return [figure.value for figure in transfers.figures()]

    assert values() == [1, 3, 7]
    end()
    assert values() == [0, 3, 7]


def test_parts_of_one_file_are_written_one_after_the_other() -> None:
    """Of parts that come at the same moment in any order, each begins and ends behind the one
    before it. It may begin before that one has ended, and knows it; but not behind the first."""
    transfers = Transfers()
    ended: list[int] = []
    begun: dict[int, bool] = {}
    at_once: list[int] = []
    transfers.look_up("file", lambda: 0)

    def write(offset: int) -> None:
        with transfers.upload("file", offset, 10, 50) as follows:
            begun[offset] = follows
            time.sleep(0.05)
            at_once.append(len(begun) - len(ended))
        ended.append(offset)

    threads = [threading.Thread(target=write, args=(n,)) for n in (30, 20, 40, 10, 0)]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert list(begun) == ended == [0, 10, 20, 30, 40]
    assert (begun[0], begun[10], begun[20]) == (False, False, True)
    assert max(at_once) <= 3  # the third begins when the first has ended, before it says so


def test_a_part_whose_predecessor_does_not_come_waits_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A part that cannot follow is tried all the same after some seconds, or sooner when its
    response is due."""
    monkeypatch.setattr("dssr.jobs.transfers._EARLY", 60.0)
    transfers = Transfers()
    transfers.look_up("file", lambda: 5)
    began = time.monotonic()
    with answering(began + 5.2), transfers.upload("file", 10, 1, 20):
        waited = time.monotonic() - began
    assert waited < 30


def test_no_time_is_left_to_wait() -> None:
    """A part is ``Unavailable`` when another one is being written until its time is over."""
    transfers = Transfers()
    with (
        transfers.upload("file", 0, 1, 2),
        answering(time.monotonic() + 5.1),
        pytest.raises(Unavailable, match="send it again"),
        transfers.upload("file", 0, 1, 2),
    ):
        raise AssertionError


def test_few_parts_are_in_memory_at_once() -> None:
    """Parts of different files are written at once, as many as may be in memory."""
    transfers, most = Transfers(), []
    running = threading.Semaphore(0)

    def write(n: int) -> None:
        with transfers.upload(n, 0, 1, 1):
            running.release()
            most.append(running._value)
            time.sleep(0.05)
            running.acquire()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 < max(most) <= 3
