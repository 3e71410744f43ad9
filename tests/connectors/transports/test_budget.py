"""The budget of handshakes."""

import pytest

from connectors.transports.budget import Budget
from dssr.errors import ConnectFailed
from tests.connectors.transports.test_backoff import Clock


def test_no_more_than_so_many_a_minute() -> None:
    """For each host; a minute after the first there is room for one more, and the error says when."""
    clock = Clock()
    budget = Budget(3, clock)
    for _ in range(3):
        assert budget.check("a:22") is None  # type: ignore[func-returns-value]
        budget.spend("a:22")
        clock.time += 10
    with pytest.raises(ConnectFailed, match="3 times within a minute") as raised:
        budget.check("a:22")
    assert raised.value.retry_after == 30
    assert budget.check("b:22") is None  # type: ignore[func-returns-value]
    clock.time += 30
    assert budget.check("a:22") is None  # type: ignore[func-returns-value]
    budget.spend("a:22")
    with pytest.raises(ConnectFailed):
        budget.check("a:22")
