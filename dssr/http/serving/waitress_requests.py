"""How waitress reads one request: how large its body may be, and where it is kept."""

import copy
import time
import weakref
from collections.abc import Callable
from typing import Any

from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]
from waitress.utilities import RequestEntityTooLarge  # type: ignore[import-untyped]

# waitress counts what is around the chunks of a body, too; the application counts the body alone.
_FRAMING = 64 * 1024


class ReceivedRequest(HTTPRequestParser):  # type: ignore[misc]
    """A request, while it arrives and afterwards. ``arrived``: when it was complete, by
    ``time.monotonic``.

    waitress sets the other attributes. A first line that is not HTTP leaves ``command`` (the
    method) and ``path`` (as in WSGI's ``PATH_INFO``) empty. The names of ``headers`` are as in
    ``AUTHORIZATION``. ``error`` is why the server refuses it without asking the application.
    """

    adj: Any
    command = path = ""
    headers: dict[str, str]
    body_rcv: Any  # what takes the body as it arrives
    error: Any

    def __init__(self, limit: Callable[["ReceivedRequest"], None], adj: Any) -> None:
        """``limit``: called with a request whose body is larger than ``adj`` allows, before it is
        refused for that.
        """
        super().__init__(adj)
        self._limit = limit
        self.arrived = time.monotonic()
        self.lacks_credentials = False  # for so large a body
        self._end: Callable[[], object] = bool

    def received(self, data: bytes) -> int:
        """Read on."""
        taken: int = super().received(data)
        if self.completed:
            self.arrived = time.monotonic()
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read the headers. Of a body in chunks they do not say how large it is."""
        super().parse_header(header_plus)
        if self.chunked or self.content_length >= self.adj.max_request_body_size:
            self._limit(self)

    def limit_body(self, size: int) -> None:
        """Refuse a body of more than ``size`` bytes. Of chunks, the application counts what is in
        them.
        """
        self.adj = copy.copy(self.adj)
        # waitress refuses what reaches its limit.
        self.adj.max_request_body_size = size + 1 + (_FRAMING if self.chunked else 0)

    def overflows(self, most: int) -> bool:
        """Whether the body, of so many bytes at most, would be in a file. How large one in chunks
        becomes is not known."""
        return not self.chunked and self.adj.inbuf_overflow <= self.content_length <= most

    def keep_in_memory(self, end: Callable[[], object]) -> None:
        """Keep such a body in memory. ``end`` is called when it is not needed any more."""
        self.body_rcv.getbuf().overflow = self.content_length + 1
        # waitress closes no request whose connection ends before it is complete.
        self._end = weakref.finalize(self, end)

    def close(self) -> None:
        """Let go of the body."""
        super().close()
        self._end()

    @property
    def is_too_large(self) -> bool:
        """Whether it is refused for its size."""
        return isinstance(self.error, RequestEntityTooLarge)

    @property
    def refused_with(self) -> tuple[int, str]:
        """The status with which it is refused, and the name of that."""
        return self.error.code, self.error.reason
