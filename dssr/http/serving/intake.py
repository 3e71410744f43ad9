"""How much of a request is taken in before anybody has looked who sends it: job scripts are large, all else is small."""

import copy
import time
from typing import Any

from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]

SMALL = 64 * 1024  # bytes of a body
_LARGE_CALL = "/submit"


def small(adjustments: Any) -> Any:
    """The same settings of waitress, for small requests."""
    fewer = copy.copy(adjustments)
    fewer.max_request_body_size = SMALL + 1  # waitress refuses what reaches it
    return fewer


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """waitress's, which reads the body of a submission as far as the settings say, and others as far as ``SMALL``.

    Of JSON each byte can become thirty in memory. ``nameless``: it would be a submission, from somebody who does not say who.
    ``arrived``: when the request was there as a whole, by ``time.monotonic``.
    """

    def __init__(self, fewer: Any, protected: bool, adj: Any) -> None:
        """``fewer``: see ``small``. ``protected``: only who says who it is may submit."""
        super().__init__(adj)
        self._fewer, self._protected = fewer, protected
        self.nameless = False
        self.arrived = time.monotonic()

    def received(self, data: bytes) -> int:
        """Read on."""
        taken: int = super().received(data)
        if self.completed:
            self.arrived = time.monotonic()
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read the headers; they decide how large the body may be."""
        super().parse_header(header_plus)
        submits = self.path == _LARGE_CALL
        self.nameless = submits and self._protected and "AUTHORIZATION" not in self.headers
        if not submits or self.nameless:
            self.adj = self._fewer
