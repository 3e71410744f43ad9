"""``X-Request-Id``: each response names its request, as the log does."""

from flask import Flask, Response

from dssr.http.request import current

HEADER = "X-Request-Id"


def register(app: Flask) -> None:
    """Have ``app`` add the header to each response."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    response.headers[HEADER] = current().id
    return response
