"""The calls that read the files of a job: the list of a directory, downloads, the archive."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from http import HTTPStatus

from flask import Flask, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.http import http_date

from dssr.access.scopes import Scope
from dssr.errors import BadRequest
from dssr.http.call import Answer, Calls, Described, Example, Header, Needs
from dssr.http.checks import metrics
from dssr.http.v1 import api, attachments, file_paths, ranges
from dssr.http.v1.file_models import ArchiveQuery, FileList, FileListQuery
from dssr.http.v1.output_calls import CONTENT_RANGE, RANGE
from dssr.http.v1.ownership import locate_own
from dssr.http.v1.reading import query_as
from dssr.http.v1.rendering import age_members, digest, tagged
from dssr.http.v1.slots import Slot, caller_key
from dssr.jobs import Jobs
from dssr.jobs.files import HasFiles, JobFiles
from dssr.jobs.listings import Listing
from dssr.seams import FileEntry

_ERRORS = (404, 409)  # no such job or file; several jobs, or a file that changes all the time
_ANY_TYPE = "*/*"  # as far as the name of the file says
IF_RANGE = Header(
    name="If-Range",
    about="The ETag of the bytes that the caller has: of another file it gets all bytes.",
    example='"5f1e"',
)
FILE_TAG = Header(
    name="ETag", about="Changes when the file is replaced or written to.", example='"5f1e"'
)
OFFSET = Header(name="Upload-Offset", about="How many bytes of the file have arrived.", example="6")
COMPLETE = Header(
    name="Upload-Complete", about="?1: the file is complete and has its name.", example="?0"
)
UPLOAD_ID = Header(
    name="Dssr-Upload-Id",
    about="Names one upload, in all its parts and in HEAD: 1 to 64 letters, digits, '-', '_' and "
    "'.'. Parts of two uploads of one file are not mixed. Without it all uploads of one caller to "
    "one path are the same.",
    example="b31c-7",
    is_callers_own=True,
    pattern="^[A-Za-z0-9._-]{1,64}$",
)
DISPOSITION = Header(
    name="Content-Disposition",
    about="attachment, with the name of the file.",
    example='attachment; filename="input.dat"',
)
# Of a download, and of its HEAD.
DOWNLOADED = {
    200: Answer(about="The file", content_type=_ANY_TYPE, headers=(FILE_TAG, DISPOSITION)),
    206: Answer(about="The ranges", content_type=_ANY_TYPE, headers=(CONTENT_RANGE,)),
}
HEAD = {
    200: Answer(about="The file's size, type and tag", headers=(FILE_TAG, DISPOSITION)),
    204: Answer(
        about="The caller's upload of this file is unfinished, and goes on at this byte",
        headers=(OFFSET, COMPLETE),
    ),
}
LIST = Needs(
    scope=Scope.READ,
    described=Described(
        summary="List a directory of a job's files, directories first",
        query=FileListQuery,
        headers=(api.IF_NONE_MATCH, api.USER_TOKEN),
        answers={200: Answer(about="A page of the list", model=FileList, headers=(api.ETAG,))},
        errors=_ERRORS,
        example=Example(query="path=&limit=10"),
    ),
)
DOWNLOAD = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Download a file of a job",
        headers=(RANGE, IF_RANGE, api.IF_NONE_MATCH, UPLOAD_ID, api.USER_TOKEN),
        answers=DOWNLOADED,
        head=HEAD,
        errors=(*_ERRORS, 416),
    ),
)
ARCHIVE = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Download a directory of a job's files as a zip archive",
        query=ArchiveQuery,
        headers=(api.USER_TOKEN,),
        answers={
            200: Answer(
                about="The archive. What could not be read is listed in a text file in it.",
                content_type="application/zip",
                headers=(DISPOSITION,),
            )
        },
        errors=_ERRORS,
    ),
)


def calls(jobs: Jobs, files: JobFiles) -> Calls:
    """All calls that read files."""

    def show_figures(state: BlueprintSetupState) -> None:
        assert isinstance(state.app, Flask)
        metrics.show(state.app, files.transfers.figures)

    calls = api.v1_calls("files")
    calls.blueprint.record(file_paths.register)
    calls.blueprint.record(show_figures)

    @calls.get("/jobs/<id>/files", LIST)
    def list_files(id: str) -> Response:
        query, job = query_as(FileListQuery), locate_own(jobs, id)
        path = file_paths.of_query()
        return _page(files.listing(job, path, is_continued=bool(query.after)), query)

    @calls.get("/jobs/<id>/files/<file:path>", DOWNLOAD)
    def download_file(id: str, path: str) -> Response:
        job, path, asking = locate_own(jobs, id), file_paths.of_url(path), uploader()
        if request.method == "HEAD":
            return head(files, job, path, asking)
        return Download(files, job, path).response()

    @calls.get("/jobs/<id>/archive.zip", ARCHIVE)
    def download_archive(id: str) -> Response:
        query_as(ArchiveQuery)
        job, path = locate_own(jobs, id), file_paths.of_query()
        name = path.rstrip("/").rpartition("/")[2] or job.ref.name
        with Slot(files.transfers) as slot:
            pieces = files.archive(job, path)
            return slot.response(pieces, attachments.file_headers(f"{name}.zip"), "application/zip")

    return calls


def tag_of(file: FileEntry) -> str:
    """The entity tag of a file, without quotes."""
    return digest(file.version)


def uploader() -> str:
    """Whose upload the request is about, and which of theirs. Raises ``BadRequest`` for what can
    be no id."""
    id = request.headers.get(UPLOAD_ID.name)
    if id is not None and not re.fullmatch(UPLOAD_ID.pattern, id):
        raise BadRequest(
            f"'{UPLOAD_ID.name}' is {id[:80]!r}: send 1 to 64 letters, digits, '-', '_' and '.', "
            f"such as '{UPLOAD_ID.example}'."
        )
    return f"{caller_key()}/{id or ''}"


def _page(listing: Listing, query: FileListQuery) -> Response:
    start = 0
    if query.after:
        after = file_paths.read_cursor(query.after)
        start = bisect_right(listing.entries, after, key=file_paths.place_of)
    shown = listing.entries[start : start + query.limit]
    is_last = start + query.limit >= len(listing.entries)
    following = None if is_last else file_paths.cursor_at(shown[-1])
    items = FileList.text(shown, following)
    body = f"{items[:-1]}, {age_members(listing.taken)}}}"
    return tagged(body, digest(items))


def head(files: JobFiles, job: HasFiles, path: str, asking: str) -> Response:
    """What GET would answer, without the bytes; and how much of an upload has arrived."""
    arrived = files.arrived(job, path, asking)
    if arrived is None:
        file = files.entry(job, path)
        response = Response(headers=_headers(file), content_type=attachments.content_type(path))
        response.headers["Content-Length"] = str(file.size)
        return response
    response = Response(status=HTTPStatus.NO_CONTENT)
    del response.headers["Content-Type"]
    response.headers.update({
        "Upload-Offset": str(arrived), "Upload-Complete": "?0", "Cache-Control": "no-store",
    })  # fmt: skip
    return response


def _headers(file: FileEntry) -> dict[str, str]:
    return dict(attachments.file_headers(file.path)) | {
        "ETag": f'"{tag_of(file)}"',
        "Last-Modified": http_date(file.modified),
        "Accept-Ranges": "bytes",
    }


class Download:
    """One download of a file. ``waits``: for a place among those that the caller may have."""

    def __init__(self, files: JobFiles, job: HasFiles, path: str, *, waits: bool = False) -> None:
        self._files, self._job, self._path, self._waits = files, job, path, waits

    def response(self) -> Response:
        """The file, or the bytes of it that the request asks for."""
        wanted = request.if_none_match
        if wanted:
            file = self._files.entry(self._job, self._path)
            if wanted.contains_weak(tag_of(file)):
                response = Response(status=HTTPStatus.NOT_MODIFIED, headers=_headers(file))
                del response.headers["Content-Type"]
                return response
        with Slot(self._files.transfers, waits=self._waits) as slot:
            file, contents = self._files.begin(self._job, self._path, self._bounds)
            return self._send(slot, file, contents)

    def _send(self, slot: Slot, file: FileEntry, contents: Sequence[Iterator[bytes]]) -> Response:
        found, kind = self._ranges(file), attachments.content_type(file.path)
        if found is not None and len(found) > 1:
            several = ranges.Multipart(found, file.size, kind)
            response = slot.response(
                several.body(contents), _headers(file), several.content_type, several.length
            )
        else:
            start, stop = found[0] if found else (0, file.size)
            response = slot.response(contents[0], _headers(file), kind, stop - start)
            if found:
                response.headers["Content-Range"] = ranges.content_range(found[0], file.size)
        response.status_code = HTTPStatus.PARTIAL_CONTENT if found else HTTPStatus.OK
        return response

    def _bounds(self, file: FileEntry) -> Sequence[ranges.Bounds]:
        return self._ranges(file) or [(0, file.size)]

    def _ranges(self, file: FileEntry) -> Sequence[ranges.Bounds] | None:
        """The ranges of this file that are asked for; ``None`` for all of it."""
        condition = request.headers.get("If-Range")
        if condition and condition not in (f'"{tag_of(file)}"', http_date(file.modified)):
            return None
        return ranges.bounds_of(request.range, file.size)
