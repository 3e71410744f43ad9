"""The time at which a response is due, as connectors see it."""

import math
import threading

import pytest

from dssr.deadline import answer_due, answering


def test_without_a_response_nothing_is_due() -> None:
    """A thread that works on no response has no time limit from it."""
    assert answer_due() == math.inf


def test_the_time_holds_within_the_block() -> None:
    """A response is due until its block ends, also when the block raises."""
    with answering(5.0):
        assert answer_due() == 5.0
        with pytest.raises(ZeroDivisionError), answering(3.0):
            _ = 1 / 0
        assert answer_due() == 5.0
    assert answer_due() == math.inf


def test_each_thread_has_its_own_time() -> None:
    """A thread that is started during a response may work for others, so nothing is due in it."""
    seen: list[float] = []
    with answering(5.0):
        thread = threading.Thread(target=lambda: seen.append(answer_due()))
        thread.start()
        thread.join()
    assert seen == [math.inf]
