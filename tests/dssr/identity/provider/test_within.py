"""Work for which no caller waits too long."""

import threading

import pytest

from dssr.identity.provider.within import _MOST, within


def test_the_result_and_the_error_are_the_works() -> None:
    """What work returns or raises is its caller's."""
    assert within(60, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(60, lambda: 1 // 0)


def test_the_caller_does_not_wait_longer() -> None:
    """After the time, the caller goes on, and the work ends by itself."""
    go_on, ended = threading.Event(), threading.Event()

    def work() -> None:
        go_on.wait(60)
        ended.set()

    with pytest.raises(TimeoutError):
        within(0.01, work)
    go_on.set()
    assert ended.wait(60)


def test_work_that_cannot_begin_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine has no threads left, callers get that no answer came, and once it has some
    all is as before."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        for _ in range(_MOST + 1):
            with pytest.raises(TimeoutError):
                within(0.01, lambda: 7)
    assert within(60, lambda: 7) == 7


def test_work_with_places_of_its_own_leaves_those_of_others() -> None:
    """Work that waits for other work cannot take all places from it."""
    places, go_on = threading.BoundedSemaphore(1), threading.Event()
    with pytest.raises(TimeoutError):
        within(0.0, lambda: go_on.wait(60), places)
    with pytest.raises(TimeoutError):
        within(0.0, lambda: True, places)
    assert within(60, lambda: 7) == 7
    go_on.set()
    assert within(60, lambda: 8, places) == 8
