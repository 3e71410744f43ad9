"""The API for people and programs: what its calls have in common."""

from dssr import errors
from dssr.access.scopes import Scope
from dssr.http.call import Api, Calls, Header
from dssr.http.v1.problems import render
from dssr.http.v1.reading import refuse_query

PREFIX = "/api/v1"
STATUSES = {
    errors.Refused: 422,
    errors.RefusedRequest: 422,
    errors.Unwritable: 409,
    errors.NoSpace: 507,
    errors.NotFinal: 409,
}
V1 = Api(
    "v1",
    render,
    prefix=PREFIX,
    statuses=STATUSES,
    unknown=Scope.READ,
    too_large="keep large data in files on the cluster",
    credentials=("Authorization", "Cookie"),
    has_listeners=True,
    sessions="accepted",
)


def v1_calls(name: str) -> Calls:
    """Calls of the API, to be added to; ``name``: of this part of it."""
    calls = Calls(V1, f"v1-{name}")
    calls.blueprint.before_request(refuse_query)
    return calls


EVERY_ERROR = (400, 401, 403, 413, 429, 500, 503)  # of every call with a scope

IF_NONE_MATCH = Header(
    name="If-None-Match",
    about="The ETag of the response that the caller has; the same state again is 304.",
    example='"0"',
)
ETAG = Header(
    name="ETag",
    about="Changes with the state that is shown; not with its age or the elapsed time.",
    example='"5f1e"',
)
LAST_EVENT_ID = Header(
    name="Last-Event-ID",
    about="The id of the last event that the caller has; it goes before `after`.",
    example="17",
    pattern="^[0-9]{0,18}$",
)
IDEMPOTENCY_KEY = Header(
    name="Idempotency-Key",
    about="1 to 128 visible characters. The same key with the same body is the same job.",
    example="relax-7",
    is_callers_own=True,
    pattern="^[!-~]{1,128}$",
)
USER_TOKEN = Header(
    name="Dssr-User-Token",
    about="A token that names the user whose job it is, where jobs have owners.",
    example="eyJhbGciOi...",
    is_callers_own=True,
)
REPLAYED = Header(
    name="Idempotency-Replayed",
    about="true: an earlier request with the same key submitted the job.",
    example="true",
)
LOCATION = Header(name="Location", about="The path of the job.", example="/api/v1/jobs/1")
