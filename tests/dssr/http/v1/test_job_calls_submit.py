"""What a submission keeps, how old its document is, and how many are examined at once."""

import hashlib
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


@pytest.mark.parametrize("script", ["\ufeff#!/bin/bash\r\necho ü\r\n", "\n\n#!/bin/sh\n:", "true"])
def test_a_script_comes_back_byte_for_byte(script: str, v1: Any) -> None:
    """A script is returned as it was sent, with its line ends, and its digest is of that."""
    job = v1.submit(script=script)
    assert v1.get(f"/jobs/{job['id']}/script").content == script.encode()
    assert job["script_sha256"] == hashlib.sha256(script.encode()).hexdigest()
