"""The budget of handshakes."""

from itertools import pairwise

import pytest

from connectors.transports.backoff import Backoff
from connectors.transports.budget import Budget
from dssr.errors import ConnectFailed
from tests.connectors.transports.test_backoff import Clock


def test_no_more_than_so_many_a_minute() -> None:
    """For each host; a minute after the first there is room for one more, and the error says when."""
    clock = Clock()
    budget = Budget(3, clock)
    for _ in range(3):
        assert budget.check("a:22") is None  # type: ignore[func-returns-value]
        budget.count_handshake("a:22")
        clock.time += 10
    with pytest.raises(ConnectFailed, match="3 times within a minute") as raised:
        budget.check("a:22")
    assert raised.value.retry_after == 30
    assert budget.check("b:22") is None  # type: ignore[func-returns-value]
    clock.time += 30
    assert budget.check("a:22") is None  # type: ignore[func-returns-value]
    budget.count_handshake("a:22")
    with pytest.raises(ConnectFailed):
        budget.check("a:22")


def test_who_spaces_his_attempts_never_runs_out() -> None:
    """However long they all fail after a handshake, and though the connection that was lost is of the same minute."""
    clock = Clock()
    budget, backoff, tried = Budget(30, clock), Backoff(clock), list[float]()
    budget.count_handshake("a:22")
    while clock.time < 1000.0 + 600:
        budget.check("a:22")
        budget.count_handshake("a:22")
        tried.append(clock.time)
        backoff.failed(ConnectFailed("it closed the connection"), clock.time, budget.spacing)
        clock.time += backoff.remaining
    early = [b - a for a, b in pairwise(tried) if b < 1065]
    assert 2.0 < min(early) <= max(early) < 2.2
    assert max(b - a for a, b in pairwise(tried)) <= 5.0
