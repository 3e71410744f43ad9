"""``/jobs/N/output/lines``: the lines of a job's output as events, while the job prints them."""

import re

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.http import live
from dssr.http.call import Calls, Needs
from dssr.http.use_cases import UseCases
from dssr.http.v1.ownership import find_own
from dssr.http.v1.reading import last_event
from dssr.http.v1.rendering import JobRenderer
from dssr.http.web.api import WebCalls
from dssr.http.web.line_stream import LineStream


def calls(web: WebCalls, use_cases: UseCases) -> Calls:
    """The call. ``after`` in its query, or the last event that the browser has, is the byte behind
    which the lines begin."""
    calls, jobs = web.private("output-lines"), use_cases.jobs
    renderer = JobRenderer(jobs.summary)

    @calls.get("/jobs/<id>/output/lines", Needs(scope=Scope.READ))
    def show_lines(id: str) -> Response:
        after = request.args.get("after", "")
        given = int(after) if re.fullmatch("[0-9]{1,18}", after) else None
        job, offset = find_own(jobs, id), last_event(given) or 0
        return live.stream(LineStream(use_cases.watch, renderer, job, jobs.taken, offset))

    return calls
