"""The doctor for a page."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dssr.errors import ConnectFailed
from dssr.http.web.examination import Examination
from dssr.seams import Finding, Status

OK, BAD = Finding("tcp", Status.OK, "It is there."), Finding("login", Status.FAILURE, "Refused.")


class Examined:
    """A connector that is examined. ``go``: what the second check waits for."""

    checks = ("tcp", "login")

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.go, self.begun = error, threading.Event(), list[bool]()

    def examine(self, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        self.begun.append(with_jobs)
        yield OK
        if self.error:
            raise self.error
        assert self.go.wait(60)
        left.append("rm -r /tmp/x")
        yield BAD


def test_one_examination_runs_at_a_time() -> None:
    """Who asks while it runs gets what it has found so far; it submits no jobs, and its end has all
    findings and what is left."""
    connector = Examined()
    doctor = Examination(connector)
    assert doctor.last is None
    doctor.run(0.0)
    doctor.run(0.0)
    assert doctor.last
    assert doctor.last.is_running
    connector.go.set()
    doctor.run(60.0)
    assert not doctor.last.is_running
    assert (doctor.last.findings, doctor.last.left) == ([OK, BAD], ["rm -r /tmp/x"])
    assert doctor.last.failed == [BAD]
    assert connector.begun[0] is False


@pytest.mark.parametrize(
    ("error", "problem"),
    [(ConnectFailed("There is no way."), "There is no way."), (KeyError("x"), "has a fault")],
)
def test_an_examination_that_ends_early_says_why(error: Exception, problem: str) -> None:
    """What was found before is there, and the next examination can begin."""
    doctor = Examination(Examined(error))
    doctor.run(60.0)
    assert doctor.last
    assert doctor.last.findings == [OK]
    assert problem in doctor.last.problem
    assert not doctor.last.is_running


def test_a_connector_may_have_nothing_to_examine() -> None:
    """Without an examination, there is none, and no caller waits for it."""
    doctor: Any = Examination(object())
    begun = time.monotonic()
    doctor.run(60.0)
    assert time.monotonic() - begun < 30.0
    assert (doctor.is_possible, doctor.last) == (False, None)
