"""``/jobs/N/files``: the files of a job, one of them in a page, and a small upload."""

import time
from bisect import bisect_right

from flask import Response, request

from dssr.access import form_tokens
from dssr.access.scopes import Scope
from dssr.errors import BadRequest
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.v1 import file_paths
from dssr.http.v1.api import STATUSES
from dssr.http.v1.attachments import content_type
from dssr.http.v1.file_calls import Download
from dssr.http.v1.ownership import locate_own
from dssr.http.v1.slots import caller_key
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.file_views import (
    MOVING,
    SHOWN,
    STILL,
    FileRow,
    printable,
    quoted,
    steps,
    way_to_show,
    with_name,
)
from dssr.http.web.output_lines import lines_of
from dssr.http.web.output_page import rows_of
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import SeenJob, own_job_seen
from dssr.record import JobRecord
from dssr.seams import PART, Upload

_ROWS = 500
_FORM = 64 * 1024  # bytes of a form around a file
_UPLOAD = Needs(scope=Scope.SUBMIT, body=PART + _FORM, statuses=STATUSES, audit=("id",))


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The list, the page of a file, the file itself, the upload."""
    calls, jobs = web.private("files"), use_cases.jobs

    @calls.get("/jobs/<id>/files", Needs(scope=Scope.READ))
    def show_files(id: str) -> Response:
        job, _, problem = own_job_seen(jobs, id)
        return _listing(pages, use_cases, job, problem)

    @calls.get("/jobs/<id>/files/<file:path>", Needs(scope=Scope.READ))
    def show_file(id: str, path: str) -> Response:
        job, path = locate_own(jobs, id), file_paths.of_url(path)
        if "raw" not in request.args:
            return _file_page(pages, use_cases, job, path)
        response = Download(use_cases.files, job, path, waits=True).response()
        response.headers["Content-Disposition"] = "inline"
        is_moving = form_tokens.is_valid(_frame_key(job, path), request.args["raw"])
        response.headers["Content-Security-Policy"] = MOVING if is_moving else STILL
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    @calls.post("/jobs/<id>/upload", _UPLOAD)
    def upload_from_page(id: str) -> Response:
        job, file = locate_own(jobs, id), request.files.get("file")
        if file is None or not file.filename:
            raise BadRequest("Choose a file first.")
        data, directory = file.read(), request.form.get("path", "")
        name = file.filename.replace("\\", "/").rpartition("/")[2]
        path = f"{directory}/{name}" if directory else name
        upload = Upload(path, 0, len(data), len(data), "overwrite" in request.form, caller_key())
        use_cases.files.write(job, upload, lambda: data)
        query = {"path": directory} if directory else {}
        return pages.redirect("web-files.show_files", id=job.id, **query)

    return calls


def _frame_key(job: JobRecord, path: str) -> str:
    """What the tokens of a file's frame are made with, by which its scripts run. The file reads its
    own URL: the token is good for nothing else, and no link to scripts works for another user."""
    session = current().session
    assert session is not None, "the gate lets none pass without one"
    return f"{session.form_key}\0{job.id}\0{quoted(path)}"


def _listing(pages: Pages, use_cases: UseCases, job: SeenJob, problem: str) -> Response:
    path, after = file_paths.of_query(), request.args.get("after", "")
    part = file_paths.parameter("name")
    listing = use_cases.files.listing(job.record, path, is_continued=bool(after))
    found = with_name(listing.entries, part)
    start = 0
    if after:
        place = file_paths.read_cursor(after)
        start = bisect_right(found, place, key=file_paths.place_of)
    shown = found[start : start + _ROWS]
    is_last = start + _ROWS >= len(found)
    return pages.page(
        "files.html",
        job=job,
        age=time.monotonic() - listing.taken,
        problem=problem,
        directory=path,
        query=quoted(path),
        steps=steps(path),
        rows=[FileRow(entry) for entry in shown],
        count=len(listing.entries),
        found=len(found),
        start=start,
        is_large=len(listing.entries) > _ROWS,
        part=part,
        part_query=quoted(part),
        next=None if is_last else file_paths.cursor_at(shown[-1]),
    )


def _file_page(pages: Pages, use_cases: UseCases, job: JobRecord, path: str) -> Response:
    file, [pieces] = use_cases.files.begin(job, path, lambda file: [(0, min(file.size, SHOWN))])
    data, kind = b"".join(pieces), content_type(path)
    way = way_to_show(kind, data)
    seen, scripts = SeenJob(job, ""), "scripts" in request.args
    return pages.page(
        "file.html",
        job=seen,
        file=file,
        name=printable(path),
        link=quoted(path),
        steps=steps(path.rpartition("/")[0]),
        way=way,
        kind=kind,
        scripts=scripts,
        raw=form_tokens.make(_frame_key(job, path)) if scripts else "1",
        rows=rows_of(lines_of(data, 0, 0)) if way == "text" else [],
        is_cut=file.size > SHOWN,
    )
