"""The place of a large response among those that are sent at once."""

from collections.abc import Iterator, Mapping

from flask import Response, request

from dssr.access.limits import network
from dssr.http.request import current
from dssr.jobs.transfers import Transfers


def caller_key() -> str:
    """Who sends the request, for what each caller has of their own: by their credentials, or by
    their network where there are none."""
    caller = current().caller
    if caller and caller.by:
        return f"{caller.by}/{caller.name}"
    return network(request.remote_addr or "")


class Slot:
    """A place among the downloads, until the response has been sent."""

    def __init__(self, transfers: Transfers, *, waits: bool = False) -> None:
        """Raises ``Unavailable`` while there are as many as there may be; ``waits``: for longer
        than some seconds."""
        self._transfers = transfers
        self._end = self._transfers.begin_download(caller_key(), waits=waits)

    def response(
        self,
        pieces: Iterator[bytes],
        headers: Mapping[str, str],
        kind: str,
        size: int | None = None,
    ) -> Response:
        """A response with this body. A fault while it is sent breaks the connection, so that the
        caller sees that bytes are missing."""
        response = Response(self._transfers.counted(pieces), headers=headers, content_type=kind)
        if size is not None:
            response.headers["Content-Length"] = str(size)
        response.call_on_close(self._end)
        return response

    def __enter__(self) -> "Slot":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is not None:
            self._end()
