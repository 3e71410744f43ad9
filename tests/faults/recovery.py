"""How soon the bridge's answers are right again once the cluster is back: a figure of each test, printed after them all."""

import os
import time
from dataclasses import dataclass

from tests.faults.story import Upstream

_EVERY = 0.25  # seconds between two questions
_TOO_LATE = 15.0  # seconds; it should take two, but a busy machine's clock decides no test


@dataclass(frozen=True)
class Recovery:
    """One return of a cluster: until when questions failed, and how many."""

    story: str
    seconds: float
    failed: int


told: list[Recovery] = []


def returns(upstream: Upstream) -> None:
    """The cluster has just come back: ask until there is an answer, made of a look that is younger than this call."""
    began, failed = time.monotonic(), 0
    while upstream.get("/running").status_code != 200:
        failed += 1
        assert time.monotonic() - began < _TOO_LATE, f"{failed} answers failed after the cluster's return"
        time.sleep(_EVERY)
    story = os.environ["PYTEST_CURRENT_TEST"].rpartition("::")[2].removesuffix(" (call)")
    told.append(Recovery(story, time.monotonic() - began, failed))


def table() -> list[str]:
    """A line for each return, the slowest last."""
    return [f"{r.seconds:6.2f} s, {r.failed} failed: {r.story}" for r in sorted(told, key=lambda r: r.seconds)]
