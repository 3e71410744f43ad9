"""How two sides are measured: in turns, so that both meet the same moods of the machine."""

import time
from collections.abc import Callable

from tests.bench import load
from tests.bench.load import Request, Tally

TURNS = 3


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that the work takes."""
    began = time.monotonic()
    work()
    return (time.monotonic() - began) * 1000


def in_turns(
    ours: str, theirs: str, request: Request, clients: int, seconds: float, turns: int = TURNS
) -> tuple[Tally, Tally]:
    """Load two URLs for so many seconds each, in turns that are as long as each other."""
    found = {ours: Tally(), theirs: Tally()}
    for turn in range(turns):
        for url in (ours, theirs) if turn % 2 == 0 else (theirs, ours):
            found[url] += load.run(url, request, clients, seconds=seconds / turns)
    return load.good(found[ours]), load.good(found[theirs])
