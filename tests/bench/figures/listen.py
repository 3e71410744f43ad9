"""What a thousand listeners cost: the bridge, and the login node; and how soon they get news."""

import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.bench import load
from tests.bench.bench import Bench, MeasuredBridge
from tests.bench.calls import always
from tests.bench.listeners import Listeners, listening
from tests.bench.load import Tally
from tests.bench.table import Figure

_COUNT, _POLLERS, _FOLLOWED = 1000, 64, 20
_TIME = re.compile(rb'"text": "(\d+\.\d+)')
_PRINTING = "#!/bin/sh\n#SBATCH --time=30\nwhile :; do date +%s.%N; sleep 1; done\n"


def listeners(bench: Bench) -> list[Figure]:
    """A thousand listeners, twenty of whom follow jobs, beside sixty-four pollers."""
    seconds = 20.0 if bench.short else 120.0
    with bench.bridge() as bridge:
        alone = _live(bridge, 5.0)
        jobs = [_submit(bridge) for _ in range(_FOLLOWED)]
        with (
            listening(bridge.url, "/api/v1/events", _COUNT - _FOLLOWED) as crowd,
            _following(bridge, jobs) as delays,
            _polling(bridge, jobs[0]),
        ):
            time.sleep(10.0)  # until each has what there was
            commands, delays[:] = bridge.commands, []
            began = time.monotonic()
            beside = _live(bridge, seconds)
            rate = (bridge.commands - commands) / (time.monotonic() - began)
            changed = max(_change(bench, crowd, job) for job in jobs[:3])
            assert crowd.dropped == 0, f"{crowd.dropped} listeners were dropped"
            printed = sorted(delays)
    bench.clear()
    return [*_figures(alone, beside, rate, changed), _delay(printed)]


def _figures(alone: Tally, beside: Tally, rate: float, changed: float) -> list[Figure]:
    note = f"without listeners {alone.median:.2g} ms; the slowest {max(beside.times) * 1000:.0f} ms"
    return [
        Figure(f"/live, {_COUNT} listeners", "ms", beside.median, 15.0, "goal", 1.0, note=note),
        Figure(
            f"commands, {_COUNT} listeners, {_POLLERS} pollers, {_FOLLOWED} jobs followed",
            "/s", rate, 1.0, "goal", 1.0,
        ),
        Figure(
            "a state change is with all listeners", "s", changed, 6.0, "goal", 1.0,
            note="the age of a snapshot is 5 s",
        ),
    ]  # fmt: skip


def _delay(printed: list[float]) -> Figure:
    assert printed, "no output arrived"
    note = f"median {statistics.median(printed):.1f} s of {len(printed)} events"
    return Figure("output is with its listener", "s", printed[-1], 3.0, "goal", 1.0, note=note)


def _live(bridge: MeasuredBridge, seconds: float) -> Tally:
    return load.good(
        load.run(bridge.url, always(load.get("/live")), 1, seconds=seconds, pause=0.02)
    )


def _submit(bridge: MeasuredBridge) -> str:
    """The native id of a job that prints the time each second."""
    body = {"script": _PRINTING, "cores_per_node": 1, "options": {"oversubscribe": ""}}
    response = requests.post(f"{bridge.url}/api/v1/jobs", json=body, timeout=60)
    assert response.status_code == 201, response.text
    job: dict[str, str] = response.json()
    return job["native_id"]


@contextmanager
def _following(bridge: MeasuredBridge, jobs: list[str]) -> Iterator[list[float]]:
    """The seconds from a line's print to its arrival, of each event of these jobs."""
    delays: list[float] = []
    streams = [
        requests.get(f"{bridge.url}/api/v1/jobs/{id}/output?follow=true", stream=True, timeout=60)
        for id in jobs
    ]

    def read(stream: requests.Response) -> None:
        for line in stream.iter_lines(chunk_size=1):
            if found := _TIME.search(line):  # the first of an event, which has waited longest
                delays.append(time.time() - float(found[1]))

    threads = [threading.Thread(target=read, args=(each,), daemon=True) for each in streams]
    for thread in threads:
        thread.start()
    yield delays  # the streams end with the bridge


@contextmanager
def _polling(bridge: MeasuredBridge, id: str) -> Iterator[None]:
    ended = threading.Event()

    def poll() -> None:
        while not ended.is_set():
            request = always(load.get(f"/api/v1/jobs/{id}"))
            load.good(load.run(bridge.url, request, _POLLERS, seconds=1.0, pause=1.0))

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _change(bench: Bench, crowd: Listeners, job: str) -> float:
    """Seconds until all listeners know that a job was cancelled, which the bridge did not do."""
    bench.cluster.run("login", ["scancel", job], user=bench.cluster.user)
    return crowd.reached(time.monotonic(), 60.0)
