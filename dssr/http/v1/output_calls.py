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
from dssr.http.v1.ownership import find_own
from dssr.http.v1.queries import OutputQuery
from dssr.http.v1.reading import last_event, query_as
from dssr.http.v1.rendering import TEXT, TEXT_HEADERS, JobRenderer, text_response
from dssr.jobs import Jobs
from dssr.record import JobRecord
from dssr.seams import PART
from dssr.watch import Watch

RANGE = Header(
    name="Range", about="Which bytes, such as bytes=1000- or bytes=-500.", example="bytes=0-99"
)
CONTENT_RANGE = Header(
    name="Content-Range", about="Which bytes these are, of how many.", example="bytes 0-99/2048"
)
KEPT_FROM = Header(
    name="Output-Offset",
    about="The place in the whole output of the first byte here, where the bytes before it are not "
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
                headers=(KEPT_FROM,),
            ),
            206: Answer(about="The range", content_type=_KIND, headers=(CONTENT_RANGE,)),
        },
        errors=(404, 409, 416),
        example=Example(query="tail=20"),
    ),
)


def calls(jobs: Jobs, renderer: JobRenderer, watch: Watch, answer_timeout: float) -> Calls:
    """The call of a job's output. ``answer_timeout``: seconds for each part of it."""
    calls = api.v1_calls("output")

    @calls.get("/jobs/<id>/output", OUTPUT)
    def show_output(id: str) -> Response:
        query = query_as(OutputQuery)
        after, job = last_event(query.after), find_own(jobs, id)
        if query.follow:
            offset = _first(jobs, job, query) if after is None else after
            return live.stream(OutputStream(watch, renderer, job, jobs.taken, offset))
        if query.tail is not None:
            return text_response(jobs.tail(job, query.tail).data)
        return _Reader(jobs, job, answer_timeout).response()

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

    def __init__(self, jobs: Jobs, job: JobRecord, timeout: float) -> None:
        self._jobs, self._job, self._timeout = jobs, job, timeout

    def response(self) -> Response:
        """The bytes that the request asks for, of as many as there are now."""
        asked = request.range
        if asked is None or len(asked.ranges) != 1 or asked.units != "bytes":
            part = self._jobs.output_part(self._job, 0, PART)
            response = self._answer(200, part.data, part.offset, part.size)
            if part.offset:
                response.headers[KEPT_FROM.name] = str(part.offset)
            return response
        known = self._jobs.output_part(self._job, 0, 1)
        size, found = known.size, asked.range_for_length(known.size)
        start, stop = found or (0, 0)
        start = max(start, known.offset)
        if size and start >= stop:
            kept = f", of which those from {known.offset} on are kept" if known.offset else ""
            raise RequestedRangeNotSatisfiable(
                size, description=f"The output has {size} bytes at the moment{kept}."
            )
        response = self._answer(206 if size else 200, b"", start, stop)
        if size:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return response

    def _answer(self, status: int, first: bytes, start: int, stop: int) -> Response:
        """The bytes of a range. One part of all bytes has a tag, since all of it is known."""
        if status == 200 and len(first) >= stop - start:
            return _ranged(text_response(first[: stop - start]))
        body = self._parts(first, start, stop)
        response = Response(body, status, TEXT_HEADERS, content_type=TEXT)
        response.headers["Content-Length"] = str(stop - start)
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
            if part.offset != at or not part.data:
                raise Unavailable(f"Output of job {self._job.id} has gone meanwhile.")
            yield part.data
            at += len(part.data)


def _ranged(response: Response) -> Response:
    response.headers["Accept-Ranges"] = "bytes"
    return response
