"""What the bridge keeps of jobs that have ended."""

import json
from concurrent.futures import ThreadPoolExecutor

from tests.bench import load
from tests.bench.bench import Bench
from tests.bench.calls import about, always, submissions, submitted
from tests.bench.costs import resident_memory
from tests.bench.table import Figure

_CANCELLED = -15


def memory(bench: Bench) -> list[Figure]:
    """Jobs are submitted, looked at, cancelled and asked for their end; then the bridge needs as
    much memory as before."""
    jobs = 100 if bench.short else 10_000
    with bench.bridge() as bridge:
        _whole_lives(bridge.url, 1)
        start = resident_memory(bridge)
        _whole_lives(bridge.url, jobs)
        end = resident_memory(bridge)
    return [Figure(f"memory after {jobs} jobs", "MB", end, start, "at start", 50, difference=True)]


def _whole_lives(url: str, jobs: int) -> None:
    """Eight upstreams, each with one job after the other."""
    with ThreadPoolExecutor(8) as pool:
        for outcome in [pool.submit(_whole_life, url) for _ in range(jobs)]:
            outcome.result()


def _whole_life(url: str) -> None:
    response = load.good(load.run(url, submissions(), 1, count=1))
    for path in ("/runstatus", "/terminate", "/exitstatus"):
        call = always(about(path, "bench", *submitted(response.last)))
        last = load.good(load.run(url, call, 1, count=1)).last
    assert json.loads(last)[0] == _CANCELLED, last
