"""How soon the bridge's responses are right again once the cluster is back: a figure for each
test."""

import time

from tests.faults.upstream import Upstream

_EVERY = 0.25  # seconds between two questions
_TOO_LATE = 15.0  # seconds; it should take two, but a busy machine's clock decides no test

_figures: list[str] = []


def wait_for_recovery(upstream: Upstream) -> None:
    """Ask for the running jobs until there is a response; the cluster has just come back."""
    began, failed = time.monotonic(), 0
    while upstream.get("/running").status_code != 200:
        failed += 1
        assert time.monotonic() - began < _TOO_LATE, (
            f"{failed} answers failed after the cluster's return"
        )
        time.sleep(_EVERY)
    _figures.append(
        f"{time.monotonic() - began:.2f} s from the cluster's return to a right answer, after "
        f"{failed} that failed"
    )


def figures() -> list[str]:
    """A sentence for each recovery since the last call."""
    found = [*_figures]
    _figures.clear()
    return found
