"""Jobs that are submitted beforehand, where a job of the service cannot submit its successor."""

import logging
import time

from dssr.errors import DssrError
from dssr.seams.services import Place, Services
from dssr.services.chain import ahead
from dssr.services.sight import Sight

log = logging.getLogger(__name__)
_AHEAD = 3  # jobs, where the service does not say how many
_AGAIN, _REFUSED = 5.0, 300.0  # seconds until the next submission, and after one that was refused


class Beforehand:
    """Has so many jobs of one service wait as its options say, or as it needs."""

    def __init__(self, services: Services, place: Place) -> None:
        self._services, self._place = services, place
        self._next = 0.0

    def extend(self, sight: Sight) -> bool:
        """Submit what is missing; whether that was tried and not refused."""
        now, wanted = time.monotonic(), sight.view.spec.ahead
        wanted = wanted or (_AHEAD if sight.view.beforehand else 0)
        if sight.is_over or ahead(sight.view) >= wanted or now < self._next:
            return False
        try:
            self._services.extend(self._place, wanted)
        except DssrError as error:
            self._next = now + _REFUSED
            log.warning("%s: no job is submitted beforehand: %s", self._place.name, error.message)
            return False
        self._next = now + _AGAIN
        return True
