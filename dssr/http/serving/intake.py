"""How much of a request the server reads for the application: as much as its call takes."""

from typing import Any

from dssr.http.call import SMALL, Call, Catalogue
from dssr.http.serving.waitress_internals import ReceivedRequest


class IncomingRequest(ReceivedRequest):
    """A request whose body is read as far as its call declares.

    A large body would be on the disk, and as JSON each of its bytes can become thirty in memory:
    only callers with credentials may send one.
    """

    def __init__(self, catalogue: Catalogue, protected: bool, adj: Any) -> None:
        """``protected``: whether callers need credentials."""
        super().__init__(adj)
        self._catalogue, self._protected = catalogue, protected
        self.lacks_credentials = False  # for so large a body

    def headers_received(self) -> None:
        """Set the limit on the body. Only a large one costs the search for the call."""
        if not self.has_body_above(SMALL):
            return
        call = self._catalogue.expected(self.method, self.target)
        self.lacks_credentials = (
            self._protected
            and call.body > SMALL
            and not any(map(self.header, call.api.credentials))
        )
        if call.body > SMALL and not self.lacks_credentials:
            self.limit_body(call.body)

    def call(self) -> Call:
        """The call that it is for, as far as the first line says."""
        return self._catalogue.expected(self.method, self.target)
