"""``/jobs``: the jobs in a table. Filter and page are in the URL. With JavaScript the table has all
jobs; see static/all_jobs.js."""

import gzip
import json
import time
from collections.abc import Sequence

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import Unavailable
from dssr.http.call import Calls, Needs
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.job_actions import MOST as CANCELLED
from dssr.http.web.job_csv import jobs_as_csv
from dssr.http.web.job_rows import LEVEL, JobRows, clock
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import jobs_seen
from dssr.http.web.sought_jobs import STATES, chosen_of, sought
from dssr.http.web.wording import look_of
from dssr.jobs import Jobs
from dssr.jobs.index import EVERY
from dssr.jobs.states import ACTIVE, ENDED
from dssr.record import JobRecord

ROWS = 50
FIRST = 100  # rows that a page with a script begins with: more than a screen has
MOST = 50_000  # rows that a browser gets
# How each state looks, and whether a job in it has ended.
_LOOKS = {
    state: [look_of(state).kind, look_of(state).shape, state in ENDED]
    for state in (*ACTIVE, *ENDED)
}


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The table, its rows for the page's script, and the list as a file."""
    calls, jobs = web.private("jobs"), use_cases.jobs
    _add_table(calls, pages, jobs)
    _add_rows(calls, jobs)

    @calls.get("/jobs.csv", Needs(scope=Scope.READ))
    def download_list() -> Response:
        page = jobs.page(sought(chosen_of(request.args)), MOST)
        name = time.strftime("jobs-%Y-%m-%d.csv", time.gmtime())
        return Response(
            jobs_as_csv(page.jobs),
            headers={"Content-Disposition": f"attachment; filename={name}"},
            content_type="text/csv; charset=utf-8",
        )

    return calls


def _add_table(calls: Calls, pages: Pages, jobs: Jobs) -> None:
    @calls.get("/jobs", Needs(scope=Scope.READ))
    def show_jobs() -> Response:
        chosen = chosen_of(request.args)
        seen = jobs_seen(jobs, sought(chosen), ROWS, request.args.get("after", ""))
        return pages.page(
            "jobs.html",
            seen=seen,
            chosen=chosen,
            shown={name: value for name, value in chosen.items() if value},
            states=STATES,
            looks=_LOOKS,
            most=CANCELLED,
            first=not request.args.get("after"),
        )


def _add_rows(calls: Calls, jobs: Jobs) -> None:
    rows = JobRows(jobs.summary)

    @calls.get("/jobs.json", Needs(scope=Scope.READ))
    def show_rows() -> Response:
        found, age, problem = _all_jobs(jobs)
        if "since" not in request.args:
            return _sent(rows.whole(found))
        chosen = chosen_of(request.args)
        is_filtered = any(chosen.values())
        shown = jobs.last_page(sought(chosen), MOST).jobs if is_filtered else found
        version, is_anew, changed = rows.since(found, request.args["since"], shown[:FIRST])
        about = {
            "version": version,
            "anew": is_anew,
            "age": age,
            "problem": problem,
            "clock": clock(found, age or 0),
            "total": len(found),
            "count": len(shown),
        }
        text = f'{json.dumps(about)[:-1]}, "rows": [{", ".join(changed)}]}}'
        return _sent(gzip.compress(text.encode(), LEVEL))


def _all_jobs(jobs: Jobs) -> tuple[Sequence[JobRecord], float | None, str]:
    """All jobs, how long ago the cluster was asked, and why it was not asked now, if so."""
    problem = ""
    try:
        page = jobs.page(EVERY, MOST)
    except Unavailable as error:
        page, problem = jobs.last_page(EVERY, MOST), error.message
    age = max(0.0, time.monotonic() - page.taken)
    return page.jobs, None if problem and not page.jobs else age, problem


def _sent(packed: bytes) -> Response:
    """A response that is this compressed JSON."""
    if request.accept_encodings["gzip"] > 0:
        response = Response(packed, content_type="application/json")
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(gzip.decompress(packed), content_type="application/json")
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response
