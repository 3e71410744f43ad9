"""The page of a form again, where what it asked for was refused or did not happen."""

from collections.abc import Callable

from flask import Response

from dssr.errors import DssrError, Unavailable
from dssr.http.errors import status_of
from dssr.http.request import current

CHANGED = (
    "This form has submitted a job before, and is different now. Press Submit once more to submit "
    "it as another job."
)


def refused(error: DssrError, form: Callable[[int, str], Response], again: str = "") -> Response:
    """The form with the error's status and words, which the logs have, too.

    ``form``: makes the page, from the status and the message. ``again``: a sentence for a user who
    may send the form again later, because the cluster does not answer now.
    """
    now = current()
    now.failure, now.kind = error.message, type(error)
    if not isinstance(error, Unavailable):
        return form(status_of(error, now.call), error.message)
    response = form(status_of(error, now.call), f"{error.message} {again}".rstrip())
    response.headers["Retry-After"] = str(error.retry_after)
    return response
