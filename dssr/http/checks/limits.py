"""How much one caller may request; more gets 429 and ``Retry-After`` (RFC 6585)."""

import math

from dssr.access.limits import AtOnce, Rate
from dssr.errors import TooMany
from dssr.settings import Settings


class Limits:
    """The limits of the settings. ``key``: a caller, or the address of an unknown one."""

    def __init__(self, settings: Settings) -> None:
        self._rate = Rate(settings.rate, settings.rate) if settings.rate else None
        self._most = settings.submissions
        self._submissions = AtOnce(settings.submissions)

    def count(self, key: str) -> None:
        """Count a request. Raises ``TooMany`` when there are too many a second."""
        wait = self._rate.take(key) if self._rate else 0
        if wait:
            raise TooMany(
                "These are more requests a second than one caller may send (JARVICE_SCHED_RATE).",
                math.ceil(wait),
            )

    def begin_submission(self, key: str) -> None:
        """Count a submission that begins. Raises ``TooMany`` when too many are under way."""
        if not self._submissions.begin(key):
            raise TooMany(
                f"{self._most} submissions of this caller are under way, which is the limit"
                " (JARVICE_SCHED_SUBMISSIONS): send the same again.",
                1,
            )

    def end_submission(self, key: str) -> None:
        """Note that one has ended."""
        self._submissions.end(key)
