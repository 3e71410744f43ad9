"""``/jobs/N/output``: a window of a job's output, and the search in all of it."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from markupsafe import Markup

from dssr.access.scopes import Scope
from dssr.deadline import answering
from dssr.errors import DssrError
from dssr.http import live
from dssr.http.call import Calls, Needs
from dssr.http.v1.ownership import find_own
from dssr.http.v1.queries import OutputQuery
from dssr.http.v1.reading import last_event, query_as
from dssr.http.v1.slots import Slot
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.ansi import Terminal, html
from dssr.http.web.api import WebCalls
from dssr.http.web.line_counts import LineCounts
from dssr.http.web.line_stream import LineStream
from dssr.http.web.output_lines import MOST, WINDOW, Line, is_binary, lines_of, whole_lines
from dssr.http.web.output_search import Place, Search
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import SeenJob, own_job_seen
from dssr.jobs import Jobs
from dssr.record import JobRecord
from dssr.seams import PART

_LONGEST_TEXT = 200  # characters that are searched for
_WAIT = 10.0  # seconds for each part of a search


@dataclass(frozen=True)
class Window:
    """What a page shows of an output. ``size``: of all of it. ``first``: where what is kept
    begins."""

    lines: Sequence[Line]
    start: int
    stop: int
    size: int
    first: int = 0
    is_binary: bool = False
    is_open: bool = False  # whether the last line has not ended

    @property
    def older(self) -> int | None:
        """Where the page before begins."""
        return max(self.first, self.start - WINDOW) if self.start > self.first else None


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The page."""
    calls, jobs = web.private("output"), use_cases.jobs
    counts = LineCounts(jobs)

    @calls.get("/jobs/<id>/output", Needs(scope=Scope.READ))
    def show_output_page(id: str) -> Response:
        job, age, problem = own_job_seen(jobs, id)
        text = request.args.get("q", "")[:_LONGEST_TEXT]
        values: dict[str, Any] = {"job": job, "age": age, "problem": problem, "text": text}
        if text:
            with Slot(use_cases.files.transfers) as slot:
                search = Search(text)
                parts = _places(jobs, job.record, search)
                return pages.stream("search.html", slot, search=search, places=parts, **values)
        at = request.args.get("at", "")
        start = int(at) if re.fullmatch("[0-9]{1,18}", at) else None
        window = _window(jobs, counts, job, start)
        rows = rows_of(window.lines)
        is_end = start is None
        return pages.page("output.html", window=window, rows=rows, is_end=is_end, **values)

    return calls


def feeds(web: WebCalls, use_cases: UseCases) -> Calls:
    """The call that sends the lines of an output while a job prints them."""
    calls, jobs = web.listening("feeds"), use_cases.jobs

    @calls.get("/jobs/<id>/output", Needs(scope=Scope.READ))
    def follow_output(id: str) -> Response:
        job = find_own(jobs, id)
        after = last_event(query_as(OutputQuery).after) or 0
        watch, renderer = use_cases.watch, use_cases.renderer
        return live.stream(LineStream(watch, renderer, job, jobs.taken, after))

    return calls


def rows_of(lines: Sequence[Line]) -> Sequence[tuple[Line, Markup]]:
    """Each line as a terminal shows it. A colour goes on in the lines behind it."""
    terminal, rows = Terminal(), []
    for line in lines:
        [shown] = terminal.feed(line.data + b"\n")
        rows.append((line, Markup(html(shown))))  # noqa: S704 - its text is escaped
    return rows


def _window(jobs: Jobs, counts: LineCounts, job: SeenJob, at: int | None) -> Window:
    """The window that begins there, or the last one."""
    record = job.record
    start = at
    if start is None:
        start = max(0, jobs.output_part(record, 0, 1).size - WINDOW)
    part = jobs.output_part(record, start, WINDOW)
    data, left_out = whole_lines(part.data, is_begun=at is None and part.offset > 0)
    offset, stop = part.offset + left_out, part.offset + len(part.data)
    first = part.offset if part.offset > start else 0
    lines = lines_of(data, offset, counts.before(record, offset, part.size))
    if len(lines) > MOST and at is None:
        lines, offset = lines[-MOST:], lines[-MOST].offset
    elif len(lines) > MOST:
        lines, stop = lines[:MOST], lines[MOST].offset
    is_open = bool(data) and not data.endswith(b"\n")
    return Window(lines, offset, stop, part.size, first, is_binary(data), is_open)


def _places(jobs: Jobs, job: JobRecord, search: Search) -> Iterator[Place | None]:
    """The first places of the text, as they are found; the search goes through all that there is
    when it begins. ``None`` after each part: something is sent, which fails if the reader has
    left."""
    offset, size = 0, None
    while size is None or offset < size:
        try:
            with answering(time.monotonic() + _WAIT):
                part = jobs.output_part(job, offset, PART)
        except DssrError as error:
            search.problem = error.message
            return
        if not part.data:
            return
        yield from search.feed(part.data)
        yield None
        offset, size = part.offset + len(part.data), part.size if size is None else size
