"""How much of a request the server reads for the application: as much as its call takes."""

from dssr.http.call import SMALL, Call, Catalogue
from dssr.http.serving.waitress_internals import ReceivedRequest


class Intake:
    """The limits on bodies.

    A large body would be on the disk, and as JSON each of its bytes can become thirty in memory:
    only callers with credentials may send one.
    """

    def __init__(self, catalogue: Catalogue, protected: bool) -> None:
        """``protected``: whether callers need credentials."""
        self._catalogue, self._protected = catalogue, protected

    def limit(self, request: ReceivedRequest) -> None:
        """Let the body of a request be as large as its call takes. The search for the call is for
        large ones alone.
        """
        call = self.call(request)
        if call.body <= SMALL:
            return
        names = (name.upper().replace("-", "_") for name in call.api.credentials)
        request.lacks_credentials = self._protected and not any(map(request.headers.get, names))
        if not request.lacks_credentials:
            request.limit_body(call.body)

    def call(self, request: ReceivedRequest) -> Call:
        """The call that it is for, as far as the first line says."""
        return self._catalogue.expected(request.command, request.path)
