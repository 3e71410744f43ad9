"""``GET /jobs/{id}?wait_seconds``: a response that waits for another state."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


def later(v1: Any, seconds: float) -> None:
    """Have the cluster's clock go on in half a second."""

    def move() -> None:
        v1.now += seconds

    threading.Timer(0.5, move).start()


def test_the_job_comes_when_its_state_changes(v1: Any) -> None:
    """A caller need not poll: the response has the new state as soon as the bridge sees it."""
    path, began = f"/jobs/{v1.submit()['id']}?wait_seconds=30", time.monotonic()
    for seconds, state in ((6, "RUNNING"), (20, "COMPLETED")):
        later(v1, seconds)
        assert v1.get(path).json()["state"] == state
    assert time.monotonic() - began < 30.0


def test_the_job_comes_after_the_time(v1: Any) -> None:
    """Without a change, the response is the job as it is, or 304 for a caller who has it."""
    path, began = f"/jobs/{v1.submit()['id']}?wait_seconds=1", time.monotonic()
    answer = v1.get(path)
    assert 1.0 <= time.monotonic() - began < 20.0
    assert answer.json()["state"] == "PENDING"
    assert v1.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("moves", "query"),
    [(100, "wait_seconds=30"), (6, "wait_seconds=30&state=PENDING"), (0, "wait_seconds=0")],
    ids=["ended", "another state than the caller knows", "no time"],
)
def test_there_is_nothing_to_wait_for(moves: float, query: str, v1: Any) -> None:
    """A job that has ended, or is in another state than the caller knows, comes at once."""
    id, began = v1.submit()["id"], time.monotonic()
    v1.now += moves
    assert v1.get(f"/jobs/{id}?{query}").status_code == 200
    assert time.monotonic() - began < 20.0


def test_a_request_that_waits_is_one_request(serve_dummy: Callable[..., Any]) -> None:
    """The limit on requests counts it when it comes, and not when it is answered, too."""
    bridge = serve_dummy(rate=3)
    id = bridge.submit()["id"]
    statuses = [bridge.get(f"/jobs/{id}?wait_seconds=1").status_code]
    with ThreadPoolExecutor() as pool:
        waits = [pool.submit(bridge.get, f"/jobs/{id}?wait_seconds=1") for _ in range(3)]
        statuses += [wait.result().status_code for wait in waits]
    assert statuses == [200] * 4


def test_a_wait_of_more_than_a_minute_is_refused(v1: Any) -> None:
    """The limit is that of the description."""
    answer = v1.get(f"/jobs/{v1.submit()['id']}?wait_seconds=61")
    assert answer.status_code == 400
    assert "wait_seconds" in answer.json()["detail"]


def test_an_unknown_job_is_404_at_once(v1: Any) -> None:
    """There is no waiting for a job that may come into being."""
    assert v1.get("/jobs/none?wait_seconds=30").status_code == 404
