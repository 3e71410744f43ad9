"""How much of a request the server reads for the application: as much as its call takes."""

import threading

from dssr.http.call import MEGABYTE, SMALL, Call, Catalogue
from dssr.http.serving.waitress_requests import ReceivedRequest

# So many bodies of so many bytes at most may be in memory at once. The others are in files:
# to write and read them takes longer than to receive them.
_IN_MEMORY, _LARGEST = 3, 8 * MEGABYTE


class Intake:
    """The limits on bodies.

    A large body takes memory or is on the disk, and as JSON each of its bytes can become thirty in
    memory: only callers with credentials may send one.
    """

    def __init__(self, catalogue: Catalogue, protected: bool) -> None:
        """``protected``: whether callers need credentials."""
        self._catalogue, self._protected = catalogue, protected
        self._room = threading.BoundedSemaphore(_IN_MEMORY)

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
            self._keep_in_memory(request, min(call.body, _LARGEST))

    def call(self, request: ReceivedRequest) -> Call:
        """The call that it is for, as far as the first line says."""
        return self._catalogue.expected(request.command, request.path)

    def _keep_in_memory(self, request: ReceivedRequest, most: int) -> None:
        if request.overflows(most) and self._room.acquire(blocking=False):
            request.keep_in_memory(self._room.release)
