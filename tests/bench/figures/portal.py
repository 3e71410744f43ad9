"""The portal in a real browser: what a visit costs, ten thousand jobs, and how soon news is on the
page; each beside the design's goal."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import BrowserContext, Page

from tests.bench import load
from tests.bench.bench import Bench, MeasuredBridge
from tests.bench.calls import always
from tests.bench.figures.records import planted
from tests.bench.listeners import EACH, listening
from tests.bench.table import Figure
from tests.browser import chromium
from tests.dssr.http.web.browsing import ACCEPT, Browser
from tests.end_to_end.service import eventually

_LISTENERS = 1000
_PRINTING = "#!/bin/sh\nwhile :; do date +%s%3N; sleep 1; done\n"
_BYTES = """() => performance.getEntriesByType("resource")
    .concat(performance.getEntriesByType("navigation"))
    .filter((entry) => !entry.name.includes("/events"))
    .map((entry) => entry.transferSize)"""
_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0"""
_FILTER = """(text) => {
    const field = document.querySelector("[name=name]");
    const began = performance.now();
    field.value = text;
    field.dispatchEvent(new Event("input", {bubbles: true}));
    document.querySelector("[data-all-jobs]").getBoundingClientRect();
    return performance.now() - began;
}"""
_ARRIVALS = """() => {
    window.delays = [];
    let last = 0;
    new MutationObserver(() => {
        const texts = [...document.querySelectorAll(".line > span")].map((one) => one.textContent);
        const printed = Number(texts.filter(Boolean).at(-1));
        printed > last && window.delays.push(Date.now() - printed);
        last = Math.max(last, printed);
    }).observe(document.querySelector(".output"), {childList: true, subtree: true});
}"""


def portal(bench: Bench) -> list[Figure]:
    """Pages with ten thousand jobs that have ended, in a browser; a thousand listeners by sessions
    of the portal."""
    jobs, age = (500, "1") if bench.short else (10_000, "5")
    own = _settings(bench.directory) | {"JARVICE_SNAPSHOT_AGE": age}
    with (
        planted(bench, jobs) as home,
        bench.bridge(own | {"JARVICE_STATE_DIR": home}) as bridge,
        chromium.running() as browser,
    ):
        context = browser.new_context()
        context.set_default_timeout(120_000)
        found = [
            *_visits(bridge, context, jobs),
            *_table(bridge, context, jobs, 2 if bench.short else 9),
            *_server(bridge, jobs),
            *_news(bench, bridge, context),
            _commands(bench, bridge, context),
        ]
        context.close()
        if not bench.short:  # tests/browser/test_listeners.py has the short form
            found.append(_live(bridge))
    bench.clear()
    return found


def _settings(directory: Path) -> dict[str, str]:
    """A portal that asks for no credentials."""
    return {
        "JARVICE_WEB": "true",
        "JARVICE_WEB_STATE": f"{directory}/web",
        "WAITRESS_BIND_ADDRESS": "127.0.0.1",
    }


def _at_most(name: str, unit: str, ours: float, goal: float, note: str = "") -> Figure:
    return Figure(name, unit, max(ours, 0.01), goal, "goal", 1.0, note=note)


@contextmanager
def _tab(context: BrowserContext, url: str) -> Iterator[Page]:
    page = context.new_page()
    page.goto(url)
    page.locator("body[data-ready]").wait_for()
    yield page
    page.close()


def _visits(bridge: MeasuredBridge, context: BrowserContext, jobs: int) -> list[Figure]:
    """The first visit, and a later page, with what the browser has kept."""
    with _tab(context, bridge.url) as page:
        page.wait_for_load_state("load")
        first: Sequence[int] = page.evaluate(_BYTES)
    later: list[tuple[str, Sequence[int]]] = []
    for path in ("/", "/submit", "/cluster", "/account"):
        with _tab(context, bridge.url + path) as page:
            page.wait_for_load_state("load")
            later.append((path, page.evaluate(_BYTES)))
    with _tab(context, f"{bridge.url}/jobs") as page:
        page.locator(f"[data-total='{jobs}']").wait_for()
    with _tab(context, f"{bridge.url}/jobs") as page:
        page.locator(f"[data-total='{jobs}']").wait_for()
        later.append(("/jobs", page.evaluate(_BYTES)))
    path, largest = max(later, key=lambda each: sum(each[1]))
    most = max(sum(size > 0 for size in sizes) for _, sizes in later)
    return [
        _at_most("first visit", "KB", sum(first) / 1024, 80, f"{len(first)} requests"),
        _at_most("later page, the largest", "KB", sum(largest) / 1024, 15, f"of {path}"),
        _at_most("later page, requests", "", most, 6),
    ]


def _table(bridge: MeasuredBridge, context: BrowserContext, jobs: int, turns: int) -> list[Figure]:
    """The table of all jobs: what a browser needs for it."""
    paints, filters = [], []
    for _ in range(turns):
        with _tab(context, f"{bridge.url}/jobs") as page:
            page.locator(f"[data-total='{jobs}']").wait_for()
            paints.append(float(page.evaluate(_PAINT)))
            page.locator("[name=name]").focus()
            page.locator(f"[data-known='{jobs}']").wait_for()
            filters += [float(page.evaluate(_FILTER, text)) for text in ("relax-1", "7", "")]
    return [
        _at_most(f"{jobs} jobs, first paint", "ms", statistics.median(paints), 300),
        _at_most(
            f"{jobs} jobs, a filter", "ms", statistics.median(filters), 50,
            f"the slowest {max(filters):.0f} ms",
        ),
    ]  # fmt: skip


def _server(bridge: MeasuredBridge, jobs: int) -> list[Figure]:
    """The same for the bridge: the page, all rows, and what is new."""
    browser = Browser(bridge.url)
    browser.open("/")
    headers = (f"Cookie: {_cookie(browser)}", f"Accept: {ACCEPT}", "Accept-Encoding: gzip")
    whole = browser.open("/jobs.json")
    paths = {
        "the page": "/jobs",
        "the page, filtered": "/jobs?name=no-such",
        "first rows": "/jobs.json?since=none",
        "first rows, filtered": "/jobs.json?since=none&name=relax-1",
        "all rows": "/jobs.json",
        "new rows": f"/jobs.json?since={whole.json()['version']}",
    }
    found = []
    for name, path in paths.items():
        request = always(load.get(path, *headers))
        tally = load.good(load.run(bridge.url, request, 1, count=100))
        note = f"{len(tally.last) / 1024:.1f} KB; the slowest {max(tally.times) * 1000:.0f} ms"
        found.append(_at_most(f"{jobs} jobs, {name}", "ms", tally.median, 5, note))
    return found


def _cookie(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def _submit(bridge: MeasuredBridge, script: str) -> dict[str, Any]:
    body = {"script": script, "walltime_seconds": 600, "cores_per_node": 1}
    answer = requests.post(f"{bridge.url}/api/v1/jobs", json=body, timeout=60)
    assert answer.status_code == 201, answer.text
    job: dict[str, Any] = answer.json()
    return job


def _news(bench: Bench, bridge: MeasuredBridge, context: BrowserContext) -> list[Figure]:
    """How soon a line of output, and the end of a job, are on an open page."""
    job = _submit(bridge, _PRINTING)
    with _tab(context, f"{bridge.url}/jobs/{job['id']}") as page:
        page.locator("h1 [data-state=RUNNING]").wait_for()
        page.goto(f"{bridge.url}/jobs/{job['id']}/output")
        page.locator("[data-follows]").wait_for(state="attached")
        page.evaluate(_ARRIVALS)
        least = 3 if bench.short else 30
        delays: list[float] = eventually(
            lambda: page.evaluate("window.delays"), lambda found: len(found) > least
        )
    with _tab(context, f"{bridge.url}/jobs") as page:
        page.locator(f"tr[data-job='{job['id']}'] [data-state=RUNNING]").wait_for()
        bench.cluster.run("login", ["scancel", job["native_id"]], user=bench.cluster.user)
        began = time.monotonic()
        page.locator(f"tr[data-job='{job['id']}'] [data-state=CANCELLED]").wait_for()
        shown = time.monotonic() - began
    note = f"median {statistics.median(delays) / 1000:.1f} s of {len(delays)} lines"
    return [
        _at_most("a line of output is on the page", "s", max(delays) / 1000, 3, note),
        _at_most("a change is on the page", "s", shown, 6, "the age of a snapshot is 5 s"),
    ]


def _commands(bench: Bench, bridge: MeasuredBridge, context: BrowserContext) -> Figure:
    """Commands on the login node while the table of all jobs is open in tabs, beside those while
    one program listens."""
    seconds, count = (3.0, 2) if bench.short else (60.0, 5)
    with listening(bridge.url, "/api/v1/events", 1):
        alone = _count(bridge, seconds)
    tabs = [context.new_page() for _ in range(count)]
    for tab in tabs:
        tab.goto(f"{bridge.url}/jobs")
        tab.locator("[data-total]").wait_for()
    beside = _count(bridge, seconds)
    for tab in tabs:
        tab.close()
    return Figure(
        f"commands in {seconds:.0f} s, {count} pages open", "", beside, alone, "a listener", 1,
        difference=True, note="one more is the edge of the time",
    )  # fmt: skip


def _count(bridge: MeasuredBridge, seconds: float) -> int:
    before = bridge.commands
    time.sleep(seconds)
    return bridge.commands - before


def _live(bridge: MeasuredBridge) -> Figure:
    """``/live`` beside a thousand listeners by the sessions of pages."""
    browsers = [Browser(bridge.url) for _ in range(_LISTENERS // EACH + 1)]
    for browser in browsers:
        browser.open("/")
    cookies = [_cookie(browser) for browser in browsers]
    with listening(bridge.url, "/api/v1/events", _LISTENERS, cookies) as crowd:
        request = always(load.get("/live"))
        tally = load.good(load.run(bridge.url, request, 1, seconds=5.0, pause=0.02))
        assert crowd.dropped == 0, f"{crowd.dropped} listeners were dropped"
    note = f"the slowest {max(tally.times) * 1000:.0f} ms"
    return _at_most(f"/live, {_LISTENERS} pages listen", "ms", tally.median, 15, note)
