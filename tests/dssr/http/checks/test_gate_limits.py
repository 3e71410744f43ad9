"""Limits, over real HTTP."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dssr.settings import Settings

JOB = {"name": "job", "number": 1, "jobid": "1"}


def test_requests_above_the_rate_are_429(serve: Callable[[Settings], Any], failures: Any) -> None:
    """Requests above the rate get 429 with Retry-After and the name of the setting; /live is not
    limited."""
    bridge = serve(Settings(rate=5))
    answers = [bridge.get("/running") for _ in range(30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    assert len(refused) >= 5
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert "JARVICE_SCHED_RATE" in refused[0].text
    assert len(failures()) == len(refused)
    assert {bridge.get("/live").status_code for _ in range(20)} == {200}


def test_callers_have_a_rate_each(serve: Callable[[Settings], Any]) -> None:
    """Requests without credentials do not use up the rate of a caller at the same address."""
    bridge = serve(Settings(rate=3, server_key="u:p", bind="127.0.0.1"))
    assert {bridge.get("/running").status_code for _ in range(20)} == {401, 429}
    assert bridge.get("/running", auth=("u", "p")).status_code == 200


def test_zero_means_no_limit(serve: Callable[[Settings], Any]) -> None:
    """A rate of 0 and a number of submissions of 0 are no limits."""
    bridge = serve(Settings(rate=0, submissions=0))
    assert {bridge.get("/nodes").status_code for _ in range(50)} == {200}
    assert bridge.submit().status_code == 200


@pytest.fixture
def slow(serve: Callable[[Settings], Any]) -> Any:
    """A bridge that takes two submissions at once; its scheduler waits for ``go``."""
    bridge = serve(Settings(submissions=2))
    bridge.go, bridge.entered, real = (
        threading.Event(),
        threading.Semaphore(0),
        bridge.connector.submit,
    )

    def submit(spec: Any, launch: str) -> Any:
        bridge.entered.release()
        assert bridge.go.wait(30)
        return real(spec, launch)

    bridge.connector.submit = submit
    return bridge


def test_submissions_above_the_cap_are_429_until_one_has_ended(slow: Any) -> None:
    """Submissions above the limit get 429 and do not reach the scheduler; other calls of the same
    caller are answered."""
    with ThreadPoolExecutor(2) as pool:
        under_way = [pool.submit(slow.submit, name=f"job{i}") for i in range(2)]
        for _ in under_way:
            assert slow.entered.acquire(timeout=30)
        refused = slow.submit(name="one-more")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert "JARVICE_SCHED_SUBMISSIONS" in refused.text
        assert slow.get("/running").status_code == 200
        slow.go.set()
        assert [answer.result().status_code for answer in under_way] == [200, 200]
    assert slow.submit(name="one-more").status_code == 200
    assert sorted(job.spec.name for job in slow.connector.jobs.values()) == [
        "job0",
        "job1",
        "one-more",
    ]


def test_a_submission_that_fails_has_ended_too(slow: Any) -> None:
    """A submission that fails by bad arguments, a fault or a refusal makes room for another."""
    slow.go.set()
    for _ in range(3):
        assert slow.call("/submit", {}).status_code == 400
        slow.connector.failure = RuntimeError("fault")
        assert slow.submit().status_code == 500
        slow.connector.failure = None
    assert slow.submit().status_code == 200
