"""Work for which no caller waits too long."""

import threading

import pytest

from dssr.identity.provider.within import within


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
