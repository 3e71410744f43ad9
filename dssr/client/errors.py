"""What can go wrong between a program and a bridge: one class for each kind that a program may want
to catch."""

from collections.abc import Mapping


class ClientError(Exception):
    """A call failed. ``str`` of it is one sentence or more: what is wrong, where, what to do."""

    def __init__(
        self,
        message: str,
        *,
        slug: str = "",
        status: int | None = None,
        transient: bool = False,
        retry_after_seconds: float | None = None,
        request_id: str = "",
        was_sent: bool = False,
    ) -> None:
        """``slug``: the last word of the problem's ``type``, such as ``not-found``; empty where the
        API did not answer. ``status``: of HTTP. ``transient``: whether the same call may succeed
        later. ``request_id``: by which the bridge's log has the request. ``was_sent``: the request
        left, and nothing says what came of it."""
        super().__init__(message)
        self.message = message
        self.slug = slug
        self.status = status
        self.transient = transient
        self.retry_after_seconds = retry_after_seconds
        self.request_id = request_id
        self.was_sent = was_sent


class BadTarget(ClientError):
    """What says which bridge to use is wrong: an argument, a variable, the configuration file, or
    the settings of a bridge that runs in this process."""


class BadRequest(ClientError):
    """The call is wrong. Nothing was done."""


class TooLarge(BadRequest):
    """The request is larger than the bridge takes. Nothing was done."""


class Unauthenticated(ClientError):
    """The bridge wants a token, or another one. Nothing was done."""


class Forbidden(ClientError):
    """The token is good, but its scope does not allow this. Nothing was done."""


class NotFound(ClientError):
    """There is no such job, file or call."""


class Conflict(ClientError):
    """What is there is in the way: the name of several jobs, a job in another state, a file."""


class NotWritten(Conflict):
    """The file system of the cluster does not take the file."""


class Refused(ClientError):
    """The scheduler refuses the job, or the order. Nothing is left behind."""


class Unavailable(ClientError):
    """The bridge, or its cluster, does not answer at the moment."""


class TooMany(Unavailable):
    """The caller sends too many requests, or has too many open."""


class OutcomeUnknown(Unavailable):
    """The job may or may not have been submitted: the same call with the same key finds out."""


class Unreachable(Unavailable):
    """No bridge answers at that address."""


class BridgeFault(ClientError):
    """The bridge has a fault, which its log describes under ``request_id``."""


class WaitTimeout(ClientError, TimeoutError):
    """The job has not ended within the time that the caller gave."""


OF_SLUG: Mapping[str, type[ClientError]] = {
    "bad-request": BadRequest,
    "too-large": TooLarge,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "not-found": NotFound,
    "method-not-allowed": NotFound,
    "conflict": Conflict,
    "not-ended": Conflict,
    "precondition-failed": Conflict,
    "not-written": NotWritten,
    "no-space": NotWritten,
    "refused-by-scheduler": Refused,
    "too-many-requests": TooMany,
    "request-timeout": Unavailable,
    "busy": Unavailable,
    "cluster-unavailable": Unavailable,
    "outcome-unknown": OutcomeUnknown,
    "internal": BridgeFault,
}
OF_STATUS: Mapping[int, type[ClientError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    412: Conflict,
    413: TooLarge,
    422: Refused,
    429: TooMany,
    500: BridgeFault,
    502: Unreachable,
    503: Unavailable,
    504: Unreachable,
}


def kind_of(slug: str, status: int) -> type[ClientError]:
    """The class for an error of the API; one whose slug is not known has that of its status."""
    usual = BadRequest if status < 500 else BridgeFault
    return OF_SLUG.get(slug) or OF_STATUS.get(status, usual)
