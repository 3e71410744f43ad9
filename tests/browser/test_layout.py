"""Tables fit the window, wide and narrow, whatever is in them."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dssr.access.scopes import Scope
from dssr.job import JobRef, JobState, Resources
from dssr.record import JobRecord, Records
from tests.browser.portal import ready
from tests.browser.touring import SIZES, picture
from tests.dssr.http.web.conftest import ServedPortal, serve_portal  # noqa: F401

NAMES = ("relaxation-of-a-very-long-chain-of-water-molecules-in-a-box-at-300K", "relax", "x")
WHY = "It waits for 4 nodes of short-gpu: 2 are free, and the jobs before it take them."
REFUSED = {
    "time": "2026-11-27T22:42:05.123Z", "caller": "a-caller-of-a-long-name",
    "address": "192.168.101.202", "status": 403, "reason": "",
    "call": "POST /api/v1/jobs/20261127-00001/restart/of/a/long/path/that/goes/on/and/on",
}  # fmt: skip
# Cells that are narrower than their longest word, or than 8 em of a longer one; those of the given
# columns whose text is cut; and rows that are higher than so many lines.
_FAULTS = """([lines, whole]) =>
[...document.querySelectorAll("tbody tr:not(.gap)")].flatMap((tr) => {
  const size = parseFloat(getComputedStyle(tr).fontSize);
  const context = document.createElement("canvas").getContext("2d");
  const cells = [...tr.cells].filter((cell) => cell.innerText.trim() && cell.offsetWidth);
  const narrow = cells.filter((cell) => {
    const style = getComputedStyle(cell);
    const inner = cell.offsetWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    context.font = style.font;
    const words = cell.innerText.split(/\\s+/).map((word) => context.measureText(word).width);
    return inner + 1 < Math.min(Math.max(...words), 8 * size);
  });
  const cut = cells.filter((cell) => whole.includes(cell.cellIndex)
    && (cell.scrollHeight > cell.clientHeight + 2 || cell.scrollWidth > cell.clientWidth + 1));
  const high = tr.offsetHeight > lines * size * 1.5 + 20 ? [tr] : [];
  return [...narrow, ...cut, ...high].map((one) => `${tr.offsetHeight}: ${one.outerHTML}`);
})"""


@pytest.fixture
def served(
    serve_portal: Callable[..., ServedPortal],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> ServedPortal:
    """A portal with jobs of long names, in all states, and an audit log with long paths."""
    reasons = ("", "This call needs the scope 'submit', and 'read' has 'read'.")
    lines = [json.dumps(REFUSED | {"reason": reason}) for reason in reasons]
    (tmp_path / "audit").write_text("".join(f"{line}\n" for line in lines))
    found = serve_portal(audit_log=str(tmp_path / "audit"))
    jobs = [_job(number, state) for number, state in enumerate([*JobState] * 3)]
    records = Records(jobs, time.monotonic(), 1)
    monkeypatch.setattr(found.connector, "records", lambda *_: records)
    monkeypatch.setattr(found.connector, "summary", lambda _: WHY)
    return found


def _job(number: int, state: JobState) -> JobRecord:
    now = time.time()
    asked = Resources(partition="short-gpu", nodes=4, walltime=2 * 86400 - 1)
    job = JobRecord(
        f"20261127-{number:05}",
        JobRef(NAMES[number % 3], number, f"{1234500 + number}"),
        state,
        submitted=now - 90_000,
        resources=asked,
        is_final=state.is_final,
    )
    if state is JobState.PENDING:
        return replace(job, expected_start=now + 90_000, reason="Resources")
    return replace(job, started=now - 80_000, elapsed=3599 * 23)


def test_tables_fit(page: Page, served: ServedPortal) -> None:
    """At 1280 and at 390 pixels, no cell is too narrow for its words and no row is a column of
    letters; the page itself never scrolls sideways. In the table of all jobs, state, time and
    submission are never cut, and a narrow window has three lines for each job, which scroll with
    the page."""
    _log_in(page, served)
    most = {"/": (4, 9), "/operator": (3, 9), "/cluster": (3, 5), "/account": (4, 5)}
    for path, lines in {**most, "/jobs": (3, 4)}.items():
        page.goto(served.root + path)
        ready(page)
        if path == "/jobs":
            page.locator("[data-total='78']").wait_for()
        for (width, height), at_most in zip(SIZES, lines, strict=True):
            page.set_viewport_size({"width": width, "height": height})
            whole = [1, 6, 7] if path == "/jobs" else []
            assert page.evaluate(_FAULTS, [at_most, whole]) == [], (path, width)
            assert page.evaluate("document.documentElement.scrollWidth") == width
        picture(page, f"fit-{path.strip('/') or 'home'}")
    page.goto(f"{served.root}/jobs")
    page.locator("[data-total='78']").wait_for()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("tr[aria-rowindex='79']").wait_for()
    assert page.evaluate("document.querySelector('.scroll').scrollTop") == 0


def test_the_table_of_jobs_fits_without_scripts(page: Page, served: ServedPortal) -> None:
    """The same table as the bridge sends it."""
    _log_in(page, served)
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{served.root}/jobs")
    for (width, height), lines in zip(SIZES, (4, 9), strict=True):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(_FAULTS, [lines, []]) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") == width


def _log_in(page: Page, portal: ServedPortal) -> None:
    page.goto(f"{portal.root}/login")
    page.get_by_label("Token").fill(portal.tokens[Scope.ADMIN])
    page.keyboard.press("Enter")
    page.locator("form.logout").wait_for()
