"""Errors as RFC 9457 has them, and what each of them means."""

import json
from dataclasses import dataclass

from dssr.http.call import Failure
from dssr.http.errors import slug

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Explained:
    """What the page of an error says."""

    status: int
    title: str
    about: str
    cure: str


PROBLEMS = {
    "bad-request": Explained(
        400, "The request is wrong",
        "A member, a parameter or a header of the request is missing, unknown or has a value that "
        "it cannot have. Nothing was done.",
        "Correct what 'detail' names. /docs shows what each call takes.",
    ),
    "unauthenticated": Explained(
        401, "The caller is not known",
        "The request has no credentials, or wrong ones. Nothing was done.",
        "Send the header 'Authorization: Bearer TOKEN', or a user and password (curl -u). An "
        "operator makes tokens with 'dssr token new'.",
    ),
    "forbidden": Explained(
        403, "The caller may not do this",
        "The credentials are good, but do not allow this call or this file. Nothing was done.",
        "Use a token with the scope that 'detail' names, or another path.",
    ),
    "not-found": Explained(
        404, "There is no such thing",
        "There is no such call, job or file, or its record is no longer kept.",
        "GET / lists all calls, GET /api/v1/jobs all jobs.",
    ),
    "method-not-allowed": Explained(
        405, "This path has no such method",
        "The path exists, and is called by another method. Nothing was done.",
        "Use one of the methods in the header 'Allow'.",
    ),
    "conflict": Explained(
        409, "Something else is in the way",
        "The request contradicts what is there: the same Idempotency-Key came with another body, "
        "several jobs have this native id, or the job is in another state. Nothing was done.",
        "'detail' says what is in the way. Use another key, or the job's id.",
    ),
    "not-ended": Explained(
        409, "The job has not ended",
        "The call needs a job that has ended.",
        "Wait for its end: GET the job until 'is_final' is true.",
    ),
    "not-written": Explained(
        409, "The file system does not take the file",
        "The file may not be written where the job runs: its directory is read-only, say, or "
        "another user's. 'detail' has the system's own words. Nothing was changed.",
        "Choose another path, or have the permissions changed.",
    ),
    "request-timeout": Explained(
        408, "The request did not arrive in time",
        "The client sent the request too slowly. Nothing was done.",
        "Send it again, faster, or have the operator raise JARVICE_SCHED_REQUEST_TIMEOUT.",
    ),
    "headers-too-large": Explained(
        431, "The headers are too large",
        "The request's headers together are larger than the bridge takes. Nothing was done.",
        "Send fewer or shorter headers.",
    ),
    "precondition-failed": Explained(
        412, "What is there is not what the request expects",
        "A condition of the request, such as the header 'If-None-Match: *', does not hold. "
        "Nothing was done.",
        "Look at what is there, and leave the condition out to replace it.",
    ),
    "too-large": Explained(
        413, "The request is too large",
        "The body is larger than this call takes. Nothing was done.",
        "'detail' names the limit.",
    ),
    "unsupported-media-type": Explained(
        415, "The body is no JSON",
        "The header 'Content-Type' names another format than the call takes. Nothing was done.",
        "Send JSON with the header 'Content-Type: application/json'.",
    ),
    "range-not-satisfiable": Explained(
        416, "There are no such bytes",
        "The header 'Range' asks for bytes behind the end.",
        "The header 'Content-Range' of the response says how many there are.",
    ),
    "refused-by-scheduler": Explained(
        422, "The scheduler refuses",
        "The scheduler does not take the job, or the order. 'detail' has its own words. Nothing is "
        "left behind.",
        "Change what the scheduler's words name: POST /api/v1/jobs/check shows what is sent to it.",
    ),
    "too-many-requests": Explained(
        429, "Too many requests",
        "The caller sends more requests, or has more of them open at once (downloads, listeners), "
        "than it may. Nothing was done.",
        "Send the same again after the seconds in 'retry_after_seconds'.",
    ),
    "internal": Explained(
        500, "The bridge has a fault",
        "This is a fault of the bridge, not of the request.",
        "Ask the operator to look for the request's id (X-Request-Id) in the bridge's log.",
    ),
    "busy": Explained(
        503, "The bridge has too much to do",
        "All callers together ask for more at once than the bridge does. Nothing was done.",
        "Send the same again after the seconds in 'retry_after_seconds'.",
    ),
    "stopping": Explained(
        503, "The bridge is being stopped",
        "The bridge stopped while the request waited. Nothing was done, and jobs go on.",
        "Send the same again after the seconds in 'retry_after_seconds', when it runs again.",
    ),
    "cluster-unavailable": Explained(
        503, "The cluster cannot be reached",
        "The bridge does not know the answer at the moment, and makes none up.",
        "Send the same again after the seconds in 'retry_after_seconds'.",
    ),
    "outcome-unknown": Explained(
        503, "It is not known yet what came of it",
        "The cluster did not answer in time, so the job may or may not have been submitted.",
        "Send the same request again with the same Idempotency-Key: there is one job at most.",
    ),
    "no-space": Explained(
        507, "There is no room for the file",
        "The file system where the job runs is full, or a disk quota is used up: 'detail' has the "
        "system's own words. The job's other files are as they were, and the parts of the upload "
        "before this one stay.",
        "Delete or move files there; then send the same part again.",
    ),
}  # fmt: skip
_OF_HTTP = {
    405: "method-not-allowed",
    408: "request-timeout",
    412: "precondition-failed",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
    431: "headers-too-large",
}


def render(failure: Failure) -> tuple[str, str]:
    """An error's body, and its content type."""
    name = slug_of(failure)
    problem = {
        "type": f"/problems/{name}",
        "title": PROBLEMS[name].title,
        "status": failure.status,
        "detail": failure.message,
        "transient": failure.kind is not None and failure.kind.transient,
        "retry_after_seconds": failure.retry_after,
    }
    return json.dumps(problem), CONTENT_TYPE


def slug_of(failure: Failure) -> str:
    """What an error is called: by its kind, or as one of HTTP's own by its status."""
    if failure.kind is None and failure.status < 500:
        return _OF_HTTP.get(failure.status, "bad-request")
    return slug(failure.kind)
