"""The time that an answer may take, as connectors see it."""

import math
import threading

import pytest

from dssr.seams import answer_due, answering


def test_what_is_no_answer_is_never_due() -> None:
    """Such as what the bridge does by itself."""
    assert answer_due() == math.inf


def test_an_answer_is_due_until_it_is_given() -> None:
    """However that ends."""
    with answering(5.0):
        assert answer_due() == 5.0
        with pytest.raises(ZeroDivisionError), answering(3.0):
            _ = 1 / 0
        assert answer_due() == 5.0
    assert answer_due() == math.inf


def test_each_thread_has_its_own() -> None:
    """One that is started for an answer may work for other callers, too: it is in nobody's haste."""
    seen: list[float] = []
    with answering(5.0):
        thread = threading.Thread(target=lambda: seen.append(answer_due()))
        thread.start()
        thread.join()
    assert seen == [math.inf]
