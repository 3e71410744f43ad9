"""The table of all jobs on a page of its own, and a bridge that answers it."""

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from playwright.sync_api import Page

from tests.browser.pages import PageServer, Query, Stream

COUNT = 10_000
FIRST = 100  # rows that come first
LOOKS = {"PENDING": ["waits", "◔", False], "RUNNING": ["runs", "▶", False],
         "COMPLETED": ["well", "✓", True]}  # fmt: skip
EVENTS = 'data-events="/events"'
HEADS = ("Choose", "State", "Name", "Id", "Partition", "Nodes", "Time", "Submitted", "Why")
BODY = f"""<link rel="stylesheet" href="/static/portal.css">
<link rel="stylesheet" href="/static/jobs.css">
<p id="away">elsewhere</p>
<form data-job-filter><select name="state"><option value="">any</option><option>active</option>
<option>RUNNING</option></select><input name="name" data-key="/"><input name="partition">
<input name="user"><button data-without-script>Show</button></form>
<div data-all-jobs="/jobs.json" data-page="/jobs/ID" data-looks='{json.dumps(LOOKS)}'
data-most="50">
<div data-age></div>
<form method="post" action="/jobs/cancel" data-chooses><div class="scroll" tabindex="0">
<table class="jobs"><thead><tr>{"".join(f"<th>{head}</th>" for head in HEADS)}</tr></thead>
<tbody></tbody></table></div><button id="cancel">Cancel</button>
<a href="/jobs.csv" data-csv>CSV</a><span data-shown></span></form><p data-none></p></div>"""


class Bridge:
    """Answers as the bridge does. ``rows``: all jobs by id; ``asked``: the versions that were asked
    for, and ``None`` for all rows."""

    def __init__(self, pages: PageServer, name: str = "") -> None:
        """``name``: the page's filter."""
        self.rows = {f"20300101-{n:05}": row(n) for n in range(COUNT)}
        self.version, self.own = 1, "a"
        self.changed: dict[str, int] = {}
        self.problem = ""
        self.asked: list[str | None] = []
        self.stream: Stream = pages.stream("/events")
        pages.answers["/jobs.json"] = self._answer
        body = BODY.replace('name="name"', f'name="name" value="{name}"')
        self.url = pages.page("/jobs", body, "live.js", "keys.js", "all_jobs.js", attributes=EVENTS)

    def change(self, number: int, **values: Any) -> None:
        """A job is new or has changed, and the page hears of it."""
        id = f"20300101-{number:05}"
        self.version += 1
        self.rows[id] = row(number, **values)
        self.changed[id] = self.version
        self.stream.send("job", {"job": {"id": id}, "before": None})

    def _answer(self, query: Query) -> Any:
        since = query.get("since")
        found = sorted(self.rows.values(), key=itemgetter(0), reverse=True)
        self.asked.append(since)
        version = f"{self.own}.{self.version}"
        if since is None:
            return {"version": version, "rows": found}
        own, _, number = since.partition(".")
        shown = [row for row in found if query.get("name", "") in row[2]]
        changed = [self.rows[id] for id, at in self.changed.items() if at > int(number or 0)]
        about = {"age": 3.0, "problem": self.problem, "clock": 5000.0, "version": version}
        about |= {"total": len(found), "count": len(shown), "anew": own != self.own}
        return about | {"rows": shown[:FIRST] if own != self.own else changed}


def row(number: int, **values: Any) -> Sequence[Any]:
    """A job as the bridge sends it: every tenth one runs, and the others wait."""
    found = {
        "id": f"20300101-{number:05}", "native": str(number), "name": f"job{number}",
        "state": "PENDING" if number % 10 else "RUNNING",
        "partition": "gpu" if number % 2 else "cpu", "nodes": number % 7 + 1,
        "submitted": 1000.0 + number / 10,
        "started": None if number % 10 else 4000.0, "elapsed": None, "limit": 3600,
        "expected": None, "why": f"<b>why {number}</b>", "user": "alice",
    }  # fmt: skip
    return list((found | values).values())


def read_all(page: Page) -> None:
    """Have the page fetch the rows of all jobs, as a user does who is about to filter."""
    assert page.locator(f"[data-known='{FIRST}']").count() == 1
    page.locator("[name=name]").focus()
    page.locator(f"[data-known='{COUNT}']").wait_for()


def names(page: Page) -> list[str]:
    """The names of the jobs that are in view, from the top."""
    found: list[str] = page.evaluate("""() => {
        const place = document.querySelector(".scroll").getBoundingClientRect();
        const head = document.querySelector("thead").getBoundingClientRect().height;
        return [...document.querySelectorAll("tr[data-job]")]
            .filter((tr) => tr.getBoundingClientRect().top >= place.top + head - 1
                && tr.getBoundingClientRect().bottom <= place.bottom + 1)
            .map((tr) => tr.querySelector("a").textContent);
    }""")
    return found


def scroll(page: Page, place: int) -> None:
    """Scroll to the row of that place, and wait until it is there."""
    page.evaluate(
        "place => { const box = document.querySelector('.scroll'); box.scrollTop = place"
        " * document.querySelector('tr[data-job]').getBoundingClientRect().height; }",
        place,
    )
    page.locator(f"tr[aria-rowindex='{place + 2}']").wait_for()
