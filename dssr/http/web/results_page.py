"""``/jobs/N/results``: pictures, plots, tables and values that a job has written; beside those of
another job, if that is wanted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import BadRequest, DssrError
from dssr.http.call import Calls, Needs
from dssr.http.v1 import file_paths
from dssr.http.v1.ownership import user_logged_in
from dssr.http.v1.rendering import json_response
from dssr.http.v1.slots import Slot
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.kept_tables import KeptTables
from dssr.http.web.rendering import Pages
from dssr.http.web.result_files import FoundFiles, ResultFiles
from dssr.http.web.results.chart import chart_of
from dssr.http.web.results.kinds import Kind, kind_of, missing
from dssr.http.web.results.plot import MOST_LINES, Plot
from dssr.http.web.results.unreadable import Unreadable
from dssr.http.web.results.values import Row, Value, side_by_side
from dssr.http.web.seen import Part, SeenJob, jobs_seen, own_job_seen, part
from dssr.jobs.index import Wanted
from dssr.record import JobRecord

_WIDEST = 4000  # pixels
_OTHERS = 20  # jobs that the page offers to show beside this one


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The page, and the data of a plot."""
    calls, jobs = web.private("results"), use_cases.jobs
    tables = KeptTables(use_cases.files)

    @calls.get("/jobs/<id>/results", Needs(scope=Scope.READ))
    def show_results(id: str) -> Response:
        return _results(pages, use_cases, id, request.args.get("with", "").strip())

    @calls.get("/jobs/<id>/table", Needs(scope=Scope.READ))
    def show_table(id: str) -> Response:
        return _table(pages, use_cases, tables, own_job_seen(jobs, id)[0])

    @calls.get("/jobs/<id>/chart", Needs(scope=Scope.READ))
    def show_chart(id: str) -> Response:
        job, path = own_job_seen(jobs, id)[0].record, _drawn()
        files = ResultFiles(use_cases.files, job)
        try:
            with Slot(use_cases.files.transfers) as slot:
                body = json_response(_chart(tables, job, files.plot(path))).data
                return slot.response(iter([body]), {}, "application/json")
        except Unreadable as error:
            return _unreadable(error)

    return calls


def _drawn() -> str:
    """The path of what the request wants drawn. Raises ``BadRequest`` for another kind of file."""
    path = file_paths.parameter("file")
    if kind_of(path) not in (Kind.TABLE, Kind.PLOT):
        raise BadRequest(
            "'file' is no table and no plot: its name must end with .csv, .tsv or .plot.json."
        )
    return path


def _results(pages: Pages, use_cases: UseCases, id: str, beside: str) -> Response:
    """The page. ``beside``: another job, or empty."""
    job, age, problem = own_job_seen(use_cases.jobs, id)
    other = part(lambda: own_job_seen(use_cases.jobs, beside)[0]) if beside else Part()
    seen = [job, *([other.value] if other.value else [])]
    sides = [_side(use_cases, each.record) for each in seen]
    own = Wanted(user=user_logged_in(use_cases.bridge))
    others = jobs_seen(use_cases.jobs, own, _OTHERS).jobs
    return pages.page(
        "results.html",
        job=job,
        age=age,
        problem=problem,
        beside=beside,
        why_alone=other.problem,
        sides=sides,
        plots=[*together(sides, Kind.PLOT), *together(sides, Kind.TABLE)],
        pictures=together(sides, Kind.PICTURE),
        pages=together(sides, Kind.PAGE),
        values=_values(use_cases, sides) if together(sides, Kind.VALUES) else None,
        missing=missing(sides[0].files.names),
        others=[one for one in others if _is_beside(one.record, job.record)],
    )


def _is_beside(other: JobRecord, job: JobRecord) -> bool:
    """Whether another job can be shown beside this one: its user reads no other user's results."""
    return other.id != job.id and other.owner == job.owner


def _table(pages: Pages, use_cases: UseCases, tables: KeptTables, job: SeenJob) -> Response:
    """The first rows of a table."""
    path = file_paths.parameter("file")
    if kind_of(path) is not Kind.TABLE:
        raise BadRequest("'file' is no table: its name must end with .csv or .tsv.")
    try:
        with Slot(use_cases.files.transfers) as slot:
            with tables.reading(job.record, path) as table:
                page = pages.page("table.html", job=job, file=path, table=table, problem="")
            return slot.response(iter([page.get_data()]), dict(page.headers), page.content_type)
    except Unreadable as error:
        return pages.page("table.html", 422, job=job, file=path, table=None, problem=f"{error}")


@dataclass(frozen=True)
class Side:
    """A job whose results are shown, alone or beside another's. ``problem``: why they are not
    known."""

    record: JobRecord
    files: FoundFiles
    problem: str

    def has(self, path: str) -> bool:
        """Whether that is one of its results."""
        return any(path in paths for paths in self.files.names.values())


def together(sides: Sequence[Side], kind: Kind) -> list[str]:
    """The results of one kind that any of the jobs has."""
    return sorted({path for side in sides for path in side.files.names[kind]})


def _side(use_cases: UseCases, job: JobRecord) -> Side:
    found = part(ResultFiles(use_cases.files, job).found)
    return Side(job, found.value or FoundFiles(), found.problem)


def _values(use_cases: UseCases, sides: Sequence[Side]) -> tuple[Sequence[Row], str]:
    """The values of one or two jobs, and what is wrong with their files."""
    found: list[dict[str, Value]] = []
    problems = []
    for side in sides:
        try:
            found.append(ResultFiles(use_cases.files, side.record).values())
        except (Unreadable, DssrError) as error:
            found.append({})
            problems.append(f"{side.record.ref.name}: {error}")
    one, other = found[0], found[-1]
    return side_by_side(one, other), " ".join(problems)


def _chart(tables: KeptTables, job: JobRecord, plot: Plot) -> dict[str, Any]:
    """What is drawn of a plot, in the range that the request asks for."""
    width = int(min(_WIDEST, max(1, _number("width", 800))))
    low, high = _number("low", -math.inf), _number("high", math.inf)
    x, ys = request.args.get("x", ""), tuple(request.args.getlist("y")[:MOST_LINES])
    plot = replace(plot, x=x or plot.x, y=ys or plot.y)
    with tables.reading(job, plot.data) as table:
        return chart_of(plot, table, width, low, high)


def _number(name: str, default: float) -> float:
    text = request.args.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise BadRequest(f"{name!r} is {text[:40]!r}, which is no number.")
    return value


def _unreadable(error: Unreadable) -> Response:
    response = json_response({"detail": str(error)})
    response.status_code = 422
    return response
