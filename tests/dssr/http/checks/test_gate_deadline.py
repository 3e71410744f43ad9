"""The time for a response, over real HTTP, with a connector that takes all of it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from dssr.deadline import answer_due
from dssr.errors import Unavailable
from dssr.http.checks.gate import longest_wait
from dssr.http.serving import server
from dssr.settings import Settings
from tests.dssr.conftest import Served
from tests.end_to_end.service import eventually

TIME = 4.0  # JARVICE_ANSWER_TIMEOUT
Serve = Callable[[Settings], Served]


@pytest.mark.parametrize(
    ("answer_timeout", "wait"), [(1.0, 0.5), (2.0, 1.0), (4.0, 3.0), (10.0, 7.5), (60.0, 45.0)]
)
def test_how_long_a_request_may_wait_for_its_turn(answer_timeout: float, wait: float) -> None:
    """A request may wait for its turn until a quarter of its time is left, at least a second and at
    most half."""
    assert longest_wait(answer_timeout) == wait


@pytest.fixture
def silent(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bridge of three threads for a cluster that never answers; it records how much time each
    query had.
    """
    monkeypatch.setattr(server, "THREADS", 3)
    bridge: Any = serve(Settings(answer_timeout=TIME))
    bridge.asked = []

    def snapshot() -> Any:
        left = answer_due() - time.monotonic()
        bridge.asked.append(left)
        time.sleep(left - 0.5)
        raise Unavailable("silence")

    bridge.connector.snapshot = snapshot
    return bridge


def polled(bridge: Served, callers: int) -> list[tuple[requests.Response, float]]:
    """The responses to so many callers at once, each with its seconds; the quickest first."""

    def ask(_: int) -> tuple[requests.Response, float]:
        began = time.monotonic()
        return bridge.get("/running"), time.monotonic() - began

    with ThreadPoolExecutor(callers) as pool:
        return sorted(pool.map(ask, range(callers)), key=lambda told: told[1])


def test_every_request_is_answered_in_time(silent: Any) -> None:
    """Requests that wait too long for their turn are refused, and cause no query of the cluster."""
    told = polled(silent, 30)
    assert told[-1][1] < TIME * 3  # two by two they would take fifteen times that
    late = [answer for answer, _ in told if answer.text != "silence\n"]
    assert len(silent.asked) == 30 - len(late) <= 6
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in late} == {(503, "5")}
    assert {answer.text.count("\n") for answer in late} == {1}
    assert all("more calls waiting than it can answer" in answer.text for answer in late)


def test_the_wait_for_a_turn_is_part_of_the_time(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that waited has only the rest of its time."""
    monkeypatch.setattr(server, "THREADS", 1)
    bridge, left = serve(Settings(answer_timeout=60.0)), []
    real, turns = bridge.connector.snapshot, bridge.server.turns

    def snapshot() -> Any:
        left.append(answer_due() - time.monotonic())
        if len(left) == 1:
            eventually(lambda: sum(map(len, turns._waiting.values())), lambda waiting: waiting == 2)
            time.sleep(0.5)
        return real()

    bridge.connector.snapshot = snapshot  # type: ignore[method-assign]
    assert {answer.status_code for answer, _ in polled(bridge, 3)} == {200}
    assert max(left[1:]) <= 59.5
