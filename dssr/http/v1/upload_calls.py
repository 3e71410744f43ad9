"""The call that writes a file of a job, in parts of at most 8 MB."""

import json
import re
from functools import partial
from http import HTTPStatus
from io import BytesIO

from flask import Response, request
from werkzeug.exceptions import PreconditionFailed

from dssr.access.scopes import Scope
from dssr.errors import BadRequest, Conflict
from dssr.http.call import MEGABYTE, Answer, Calls, Described, Example, Header, Needs
from dssr.http.v1 import api, file_paths
from dssr.http.v1.file_calls import COMPLETE, OFFSET, UPLOAD_ID, tag_of, uploader
from dssr.http.v1.file_models import File, members
from dssr.http.v1.ownership import locate_own
from dssr.jobs import Jobs
from dssr.jobs.files import HasFiles, JobFiles
from dssr.seams import PART, FileEntry, Upload

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", re.IGNORECASE)
PART_RANGE = Header(
    name="Content-Range",
    about="Which bytes of the file the body is, and how many the file has. Without it the body is "
    "the whole file. Parts are sent in order; HEAD returns `Upload-Offset`, where the next begins.",
    example="bytes 0-10/20",
    is_callers_own=True,
    pattern="^bytes [0-9]{1,18}-[0-9]{1,18}/[0-9]{1,18}$",
)
NO_OVERWRITE = Header(
    name="If-None-Match",
    about="*: write the file only if there is none of that name. An ETag: only if the file has "
    "another one.",
    example='"5f1e"',
)
EXECUTABLE = Header(
    name="Dssr-Executable",
    about="?1: the file can be run as a program once it is complete. Sent with its last part.",
    example="?1",
)
_HEADERS = (OFFSET, COMPLETE)
TOO_LARGE = (
    f"send the file in parts of at most {PART // MEGABYTE} MB, each with its header "
    "Content-Range (bytes FIRST-LAST/TOTAL)"
)
ANSWERS = {
    200: Answer(about="The file was replaced", model=File, headers=_HEADERS),
    201: Answer(about="The file is new", model=File, headers=_HEADERS),
    202: Answer(about="The part has arrived; others are missing", model=File, headers=_HEADERS),
}
ERRORS = (404, 409, 412, 507)
UPLOAD = Needs(
    scope=Scope.SUBMIT,
    body=PART,
    too_large=TOO_LARGE,
    audit=("id", "path"),
    described=Described(
        summary="Write a file of a job, or a part of one",
        body_type="application/octet-stream",
        headers=(PART_RANGE, NO_OVERWRITE, UPLOAD_ID, EXECUTABLE, api.USER_TOKEN),
        answers=ANSWERS,
        errors=ERRORS,
        example=Example(data="step,energy"),
    ),
)


def calls(jobs: Jobs, files: JobFiles) -> Calls:
    """The call that writes files."""
    calls = api.v1_calls("uploads")
    calls.blueprint.record(file_paths.register)

    @calls.add("PUT", "/jobs/<id>/files/<file:path>", UPLOAD)
    def upload_file(id: str, path: str) -> Response:
        upload = upload_to(file_paths.of_url(path))
        return write(files, locate_own(jobs, id), upload)

    return calls


def write(files: JobFiles, job: HasFiles, upload: Upload) -> Response:
    """Write the part that the request carries."""
    is_last = upload.offset + upload.size == upload.total
    found = files.existing(job, upload.path) if is_last or request.if_none_match else None
    if found and tag_of(found) in request.if_none_match and upload.overwrite:
        raise PreconditionFailed(f"{upload.path[:200]!r} has the tag of 'If-None-Match'.")
    try:
        file = files.write(job, upload, partial(_body, upload.size))
    except Conflict as error:
        if upload.offset or upload.overwrite:
            raise
        raise PreconditionFailed(error.message) from error
    if not is_last:
        return _response(HTTPStatus.ACCEPTED, file)
    return _response(HTTPStatus.OK if found else HTTPStatus.CREATED, file)


def _body(size: int) -> bytes:
    """The body, as the server has it in a file or in memory: Flask would make two copies of it on
    the way."""
    received = request.environ["wsgi.input"]
    return received.getvalue() if isinstance(received, BytesIO) else received.read(size)


def upload_to(path: str) -> Upload:
    """What the request writes. Raises ``BadRequest`` for a directory's path, and ``Conflict`` for a
    range that does not fit the body."""
    if path.endswith("/"):
        raise BadRequest(
            f"{path[:200]!r} ends with '/', which a file's name does not: leave the '/' out. "
            "Directories are made with the files in them."
        )
    sent, size = request.headers.get("Content-Range"), request.content_length or 0
    made = partial(
        Upload,
        path,
        overwrite=not request.if_none_match.star_tag,
        uploader=uploader(),
        # A value that is no boolean is ignored (RFC 9651, section 4.2).
        is_program=request.headers.get(EXECUTABLE.name) == "?1",
    )
    if sent is None:
        return made(offset=0, size=size, total=size)
    form = f"'bytes FIRST-LAST/TOTAL', such as 'bytes 0-{max(0, size - 1)}/{max(size, 20)}'"
    match = _CONTENT_RANGE.fullmatch(sent.strip())
    first, last, total = map(int, match.groups()) if match else (0, -1, 0)
    if not first <= last < total or last - first + 1 != size:
        raise Conflict(
            f"'Content-Range' is {sent[:80]!r}, which does not fit the body of {size} bytes: send "
            f"{form}."
        )
    return made(offset=first, size=size, total=total)


def _response(status: HTTPStatus, file: FileEntry) -> Response:
    response = Response(json.dumps(members(file)), status, content_type="application/json")
    is_complete = status is not HTTPStatus.ACCEPTED
    response.headers["Upload-Offset"] = str(file.size)
    response.headers["Upload-Complete"] = "?1" if is_complete else "?0"
    if is_complete:
        response.headers["ETag"] = f'"{tag_of(file)}"'
    return response
