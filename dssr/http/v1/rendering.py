"""How jobs look in a response: JSON, its age, and its tag."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from dssr.job import Resources
from dssr.jobs.page import Page
from dssr.jobs.states import HELD, reason_of, state_of
from dssr.record import JobRecord

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
_MOST_KEPT = 20_000  # jobs
_NO_RESOURCES = Resources()
_POLLED = {"Cache-Control": "private, no-cache"}  # which lets a client keep it and ask again
TEXT_HEADERS = _POLLED | {"X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A job's JSON without the members that change by themselves, and the tag of that."""

    job: JobRecord
    head: str  # without the brace at the end
    tag: str


class JobRenderer:
    """Renders each job once for each state of it, however many callers poll it.

    ``taken``: when the cluster was asked, on the clock of ``time.monotonic``. What is known from a
    later order of this bridge is as old as that.
    """

    def __init__(self, summary: Callable[[JobRecord], str]) -> None:
        """``summary``: one sentence about why a job waits or how it failed."""
        self._summary = summary
        self._rendered: dict[str, Rendered] = {}

    def job(self, job: JobRecord, taken: float, status: int = 200, **headers: str) -> Response:
        """A response that is the job; 304 where the caller has it already."""
        rendered = self._render(job)
        if _is_known(rendered.tag):
            return _not_modified(rendered.tag, _POLLED)
        body = f"{rendered.head}{_tail(job, taken)}"
        return _with_tag(Response(body, status, _POLLED | headers, content_type=JSON), rendered.tag)

    def page(self, page: Page) -> Response:
        """A response that is a list of jobs."""
        age = age_members(page.taken)
        rendered = [self._render(job) for job in page.jobs]
        items = ", ".join(f"{one.head}{_tail(one.job, page.taken, age)}" for one in rendered)
        body = f'{{"items": [{items}], "next": {json.dumps(page.next)}, {age}}}'
        return tagged(body, digest(page.next or "", *(one.tag for one in rendered)))

    def text(self, job: JobRecord, taken: float) -> str:
        """The job's JSON."""
        return f"{self._render(job).head}{_tail(job, taken)}"

    def _render(self, job: JobRecord) -> Rendered:
        kept = self._rendered.get(job.id)
        if kept is None or kept.job is not job:
            if len(self._rendered) >= _MOST_KEPT:
                self._rendered = {}
            head = json.dumps({**members(job), "explanation": self._summary(job)})[:-1]
            kept = self._rendered[job.id] = Rendered(job, head, digest(head))
        return kept


def age_members(taken: float) -> str:
    """The members that say how old an answer of the cluster is, for a JSON object."""
    age = max(0.0, time.monotonic() - taken)
    return f'"as_of": "{time_text(time.time() - age)}", "age_seconds": {age:.1f}'


def members(job: JobRecord) -> Mapping[str, Any]:
    """The members of a job, without its explanation, elapsed time and age."""
    state = state_of(job)
    return {
        "id": job.id,
        "native_id": job.ref.native_id,
        "name": job.ref.name,
        "number": job.ref.number,
        "user": job.owner,
        "executor": job.about.executor,
        "image": job.about.image,
        "script_sha256": job.about.script_sha256,
        "state": state,
        "is_final": job.is_final,
        "reason": reason_of(job),
        "submitted_at": time_text(job.submitted),
        "started_at": time_text(job.started),
        "ended_at": time_text(job.ended),
        # A job that was held keeps the time that the scheduler expected before.
        "expected_start_at": None if job.is_held else time_text(job.expected_start),
        "nodes": job.nodes,
        **_resources(job.resources or _NO_RESOURCES),
        "cpu_seconds": job.cpu_seconds,
        "memory_used_mb": job.memory_used_mb,
        "exit_code": job.exit_code,
        "signal": job.signal,
        "working_directory": job.about.working_directory,
        "output_bytes": job.output_bytes,
        "held": state == HELD,
        "labels": dict(job.about.labels),
        "evidence": job.evidence,
    }


def _resources(given: Resources) -> Mapping[str, Any]:
    return {
        "node_count": given.nodes,
        "cores": given.cores,
        "memory_mb": given.memory_mb,
        "gpus": given.gpus,
        "walltime_seconds": given.walltime,
        "partition": given.partition,
        "account": given.account,
        "qos": given.qos,
    }


def time_text(seconds: float | None) -> str | None:
    """A time as RFC 3339 has it, in UTC."""
    if seconds is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def digest(*parts: str) -> str:
    """An entity tag for these parts."""
    hashed = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12)
    return hashed.hexdigest()


def tagged(
    body: str | bytes,
    tag: str,
    status: int = 200,
    headers: Mapping[str, str] = _POLLED,
    content_type: str = JSON,
) -> Response:
    """A response with an entity tag; 304 without a body where the caller sent that tag."""
    if _is_known(tag):
        return _not_modified(tag, headers)
    return _with_tag(Response(body, status, headers, content_type=content_type), tag)


def _is_known(tag: str) -> bool:
    """Whether the caller has sent this tag (RFC 9110, 13.1.2)."""
    environ = request.environ
    sent = environ.get("HTTP_IF_NONE_MATCH")
    if not sent or environ["REQUEST_METHOD"] != "GET":
        return False
    # Most callers send the one tag that they have: reading a list of tags takes ten times as long.
    return sent == f'"{tag}"' or request.if_none_match.contains_weak(tag)


def _not_modified(tag: str, headers: Mapping[str, str]) -> Response:
    response = Response(status=304, headers=headers)
    del response.headers["Content-Type"]
    return _with_tag(response, tag)


def _with_tag(response: Response, tag: str) -> Response:
    response.headers["ETag"] = f'"{tag}"'
    return response


def json_response(value: Mapping[str, Any]) -> Response:
    """A response that is this JSON object."""
    return json_text_response(json.dumps(value))


def json_text_response(text: str) -> Response:
    """A response that is this JSON."""
    return Response(text, content_type=JSON)


def text_response(data: bytes) -> Response:
    """A response that is text of the user's, which no browser takes for anything else."""
    tag = hashlib.blake2b(data, digest_size=12).hexdigest()
    return tagged(data, tag, headers=TEXT_HEADERS, content_type=TEXT)


def _tail(job: JobRecord, taken: float, age: str = "") -> str:
    """The members that change by themselves. ``age``: those of ``taken``, where they are there."""
    known = _known(job, taken)
    age = age if age and known == taken else age_members(known)
    return f', "elapsed_seconds": {job.elapsed}, {age}}}'


def _known(job: JobRecord, taken: float) -> float:
    """When what is shown of the job was known: by the scheduler's list, or by an order of this
    bridge that is younger."""
    if job.ordered is not None:
        return max(taken, job.ordered)
    if job.evidence == ("submission",) and job.submitted:
        return max(taken, time.monotonic() - max(0.0, time.time() - job.submitted))
    return taken
