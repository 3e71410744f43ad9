"""The budget of handshakes."""

from itertools import pairwise

import pytest

from connectors.transports.backoff import Backoff
from connectors.transports.budget import Budget
from dssr.errors import ConnectFailed
from tests.connectors.transports.test_backoff import Clock


def is_left(budget: Budget, host: str) -> bool:
    """Whether a handshake with this host is left."""
    try:
        budget.check(host)
    except ConnectFailed:
        return False
    return True


def test_no_more_than_so_many_a_minute() -> None:
    """Each host has so many handshakes a minute, and the error says when the next is possible."""
    clock = Clock()
    budget = Budget(3, clock)
    for _ in range(3):
        assert is_left(budget, "a:22")
        budget.count_handshake("a:22")
        clock.time += 10
    with pytest.raises(ConnectFailed, match="3 times within a minute") as raised:
        budget.check("a:22")
    assert raised.value.retry_after == 30
    assert is_left(budget, "b:22")
    clock.time += 30
    assert is_left(budget, "a:22")
    budget.count_handshake("a:22")
    assert not is_left(budget, "a:22")


def test_spaced_attempts_never_use_up_the_budget() -> None:
    """Attempts at the budget's spacing never use it up, though a connection was just lost."""
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
