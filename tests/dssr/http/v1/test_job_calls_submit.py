"""How old a job's document is, and how many submissions are examined at once."""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dssr.jobs import use_cases
from dssr.record import Checked
from tests.dssr.http.v1.conftest import SCRIPT, Served


def test_a_new_job_is_as_old_as_its_submission(
    serve_dummy: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The age of a job begins with its submission or, for a replay, with the list that it is from,
    and not with the bridge's start."""
    started = SimpleNamespace(monotonic=lambda: time.monotonic() - 5000)
    monkeypatch.setattr(use_cases, "time", started)
    served = serve_dummy()
    for _ in range(2):
        assert served.submit("k")["age_seconds"] < 1000


def test_checks_are_limited_as_submissions(
    serve_dummy: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller has no more checks under way than submissions."""
    served, begun, go = serve_dummy(submissions=1), threading.Event(), threading.Event()

    def slow(*_: Any) -> Checked:
        begun.set()
        assert go.wait(30)
        return Checked(SCRIPT, ())

    monkeypatch.setattr(served.connector, "check", slow)
    statuses: list[int] = []

    def check() -> int:
        return served.post("/jobs/check", json={"script": SCRIPT}).status_code

    first = threading.Thread(target=lambda: statuses.append(check()))
    first.start()
    assert begun.wait(30)
    assert check() == 429
    go.set()
    first.join(30)
    assert statuses == [200]
