"""The API for people beside the legacy one and beside bare Flask."""

import json
import time

import requests

from tests.bench import load
from tests.bench.baselines import BareFlask
from tests.bench.bench import Bench
from tests.bench.calls import always, job_submissions, submissions
from tests.bench.load import Tally
from tests.bench.measure import in_turns
from tests.bench.table import Figure

_FLASK = "bare Flask on waitress"


def post_jobs(bench: Bench) -> list[Figure]:
    """One client submits by both APIs of one bridge, in turns."""
    asked = {"/submit": submissions(), "POST /jobs": job_submissions()}
    tallies = dict.fromkeys(asked, Tally())
    with bench.bridge(bench.in_memory()) as bridge, load.connected(bridge.url) as client:
        for request in asked.values():
            load.good(load.exchange(client, request, count=1))
        for turn in range(25 if bench.short else 200):
            for name in sorted(asked, reverse=turn % 2 == 0):
                tallies[name] += load.good(load.exchange(client, asked[name], count=1))
    bench.clear()
    ours, legacy = tallies["POST /jobs"].median, tallies["/submit"].median
    return [Figure("POST /jobs, one client", "ms", ours, legacy, "legacy /submit", 1.1)]


def show_job(bench: Bench) -> list[Figure]:
    """Sixty-four clients ask for one job without a pause, with and without its tag."""
    with bench.bridge() as bridge:
        job = json.loads(load.good(load.run(bridge.url, job_submissions(), 1, count=1)).last)
        path = f"/api/v1/jobs/{job['id']}"
        time.sleep(6)  # until the job is in a snapshot
        shown = requests.get(bridge.url + path, timeout=60)
        asked = {
            "GET /jobs/{id}, 64 clients": (load.get(path), 0.5),
            "... with If-None-Match": (
                load.get(path, f"If-None-Match: {shown.headers['ETag']}"), 0.8,
            ),
        }  # fmt: skip
        seconds = 2.0 if bench.short else 10.0
        figures = []
        with BareFlask(shown.content) as bare:
            for name, (request, goal) in asked.items():
                ours, base = in_turns(bridge.url, bare.url, always(request), 64, seconds)
                figures.append(
                    Figure(name, "/s", ours.rate, base.rate, _FLASK, goal, more_is_better=True)
                )
    bench.clear()
    return figures
