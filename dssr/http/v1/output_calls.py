"""The output of a job: all of it, a range of its bytes, its last lines, or as it is printed."""

import time
from collections.abc import Iterator

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from dssr.access.scopes import Scope
from dssr.deadline import answering
from dssr.errors import Unavailable
from dssr.http import live
from dssr.http.call import Answer, Calls, Described, Example, Header, Needs
from dssr.http.v1 import api
from dssr.http.v1.job_feeds import OutputStream
from dssr.http.v1.ownership import find_own, locate_own
from dssr.http.v1.queries import OutputQuery
from dssr.http.v1.reading import last_event, query_as
from dssr.http.v1.rendering import TEXT, TEXT_HEADERS, JobRenderer, text_response
from dssr.http.v1.slots import Slot
from dssr.jobs import Jobs
from dssr.jobs.transfers import Transfers
from dssr.record import JobRecord
from dssr.seams import PART
from dssr.watch import Watch

RANGE = Header(
    name="Range", about="Which bytes, such as bytes=1000- or bytes=-500.", example="bytes=0-99"
)
CONTENT_RANGE = Header(
    name="Content-Range", about="Which bytes these are, of how many.", example="bytes 0-99/2048"
)
FIRST_BYTE = Header(
    name="Dssr-First-Byte",
    about="The place of the body's first byte in the output, where those before it are no longer "
    "kept.",
    example="1048576",
)
_KIND = "text/plain"
_TAIL = 256 * 1024  # bytes, among which a listener's first line is looked for
OUTPUT = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Show the output of a job",
        query=OutputQuery,
        headers=(RANGE, api.IF_NONE_MATCH, api.LAST_EVENT_ID, api.USER_TOKEN),
        answers={
            200: Answer(
                about="The output, empty before its first byte",
                content_type=_KIND,
                is_stream_too=True,
                headers=(FIRST_BYTE,),
            ),
            206: Answer(about="The range", content_type=_KIND, headers=(CONTENT_RANGE,)),
        },
        errors=(404, 409, 416),
        example=Example(query="tail=20"),
    ),
)


def calls(
    jobs: Jobs, renderer: JobRenderer, watch: Watch, transfers: Transfers, answer_timeout: float
) -> Calls:
    """The call of a job's output. ``answer_timeout``: seconds for each part of it; ``transfers``:
    among which an output of more than one part is."""
    calls = api.v1_calls("output")

    @calls.get("/jobs/<id>/output", OUTPUT)
    def show_output(id: str) -> Response:
        query = query_as(OutputQuery)
        after = last_event(query.after)
        job = find_own(jobs, id) if query.follow else locate_own(jobs, id)
        if query.follow:
            offset = _first(jobs, job, query) if after is None else after
            return live.stream(OutputStream(watch, renderer, job, jobs.taken, offset))
        if query.tail is not None:
            return text_response(jobs.tail(job, query.tail).data)
        return _Reader(jobs, job, transfers, answer_timeout).response()

    return calls


def _first(jobs: Jobs, job: JobRecord, query: OutputQuery) -> int:
    """The byte at which a listener begins: the first one, or that of the last lines."""
    if query.tail is None:
        return 0
    size = jobs.output_part(job, 0, 1).size
    first = max(0, size - _TAIL)
    lines = jobs.output_part(job, first, size - first).data.splitlines(keepends=True)
    return size - sum(map(len, lines[-query.tail :]))


class _Reader:
    """Reads an output in parts, so that memory does not grow with it."""

    def __init__(self, jobs: Jobs, job: JobRecord, transfers: Transfers, timeout: float) -> None:
        self._jobs, self._job, self._timeout = jobs, job, timeout
        self._transfers = transfers

    def response(self) -> Response:
        """The bytes that the request asks for, of those that are there now.

        Of a job that was cleaned only the end of its output may be kept: ``first`` is its place.
        """
        asked = request.range
        if asked is None or len(asked.ranges) != 1 or asked.units != "bytes":
            part = self._jobs.output_part(self._job, 0, PART)
            response = self._answer(200, part.data, part.offset, max(part.size, part.offset))
            if part.offset:
                response.headers[FIRST_BYTE.name] = str(part.offset)
            return response
        part = self._jobs.output_part(self._job, 0, 1)
        start, stop = _bounds(asked.range_for_length(part.size), part.offset, part.size)
        response = self._answer(206 if part.size else 200, b"", start, stop)
        if part.size:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{part.size}"
        return response

    def _answer(self, status: int, first: bytes, start: int, stop: int) -> Response:
        """The bytes of a range. One part of all bytes has a tag, since all of it is known; more
        than one part is a download."""
        if status == 200 and start + len(first) >= stop:
            return _ranged(text_response(first[: stop - start]))
        body, size = self._parts(first, start, stop), stop - start
        if size > PART:
            with Slot(self._transfers) as slot:
                response = slot.response(body, TEXT_HEADERS, TEXT, size)
        else:
            response = Response(body, headers=TEXT_HEADERS, content_type=TEXT)
            response.headers["Content-Length"] = str(size)
        response.status_code = status
        return _ranged(response)

    def _parts(self, first: bytes, start: int, stop: int) -> Iterator[bytes]:
        """All bytes of the range; ``first``: those that are known already."""
        if first:
            yield first
        at = start + len(first)
        while at < stop:
            with answering(time.monotonic() + self._timeout):
                part = self._jobs.output_part(self._job, at, min(PART, stop - at))
            # The connection is cut, so that the client sees that bytes are missing.
            if not part.data or part.offset != at:
                raise Unavailable(f"The output of job {self._job.id} was truncated meanwhile.")
            yield part.data
            at += len(part.data)


def _bounds(found: tuple[int, int] | None, first: int, size: int) -> tuple[int, int]:
    """The bytes of a range that are kept: those from ``first`` on."""
    if not size:
        return 0, 0
    start, stop = found or (0, 0)
    if max(start, first) >= stop:
        lost = f", of which the first {first} are no longer kept" if first else ""
        raise RequestedRangeNotSatisfiable(
            size, description=f"The output has {size} bytes at the moment{lost}: ask for others."
        )
    return max(start, first), stop


def _ranged(response: Response) -> Response:
    response.headers["Accept-Ranges"] = "bytes"
    return response
