"""The use cases of services."""

from typing import Any

from dssr.seams.services import Place, Request, ServiceView
from dssr.services.use_cases import ServiceUses
from tests.dssr.services.views import generation, view, waiting


class Shown:
    """The services of a user, who has one."""

    def __init__(self, found: ServiceView) -> None:
        self._found = found
        self.requests: list[Request] = []

    def view(self, _place: Place, _use: object) -> ServiceView:
        """That one."""
        return self._found

    def request(self, _place: Place, request: Request) -> int:
        """Keep it."""
        self.requests.append(request)
        return 1


def restarted(found: ServiceView) -> tuple[int, list[Request]]:
    """What a restart returns, and what it has asked of the jobs."""
    services: Any = Shown(found)
    return ServiceUses(services, str).restart(Place("demo")), services.requests


def test_a_restart_of_a_service_that_waits_asks_for_nothing() -> None:
    """The job that waits is the next one already: it would hand over as soon as it has begun."""
    assert restarted(view(waiting(3), waiting(2))) == (2, [])
    assert restarted(view(waiting(2), generation(1))) == (1, [Request.RESTART])
