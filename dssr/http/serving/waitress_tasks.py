"""How waitress answers one request, where the bridge wants it otherwise."""

from waitress.task import WSGITask  # type: ignore[import-untyped]


class Answering(WSGITask):  # type: ignore[misc]
    """Keeps the connection open after a response without a body, such as 304 to a client that
    polls: its length is known (RFC 9112, 6.3). waitress closes it, as one without a length."""

    def set_close_on_finish(self) -> None:
        """Have the connection closed, unless the only cause is that there is no body."""
        asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or self.version != "1.1" or asked or self.wrote_header:
            super().set_close_on_finish()
