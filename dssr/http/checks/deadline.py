"""The time for a response begins when the request arrives: a request that waited too long for its
turn is refused, because the time that is left may be too short.
"""

import time

from dssr.deadline import answer_due
from dssr.errors import Unavailable
from dssr.http.request import CurrentRequest
from dssr.settings import Settings

# Of the time, a request keeps this part for its own work. On a cluster that is slow enough to
# make others wait, a call with less would only time out.
_SHARE = 4
_LEAST = 1.0  # second, of which connectors leave half to the bridge


def longest_wait(answer_timeout: float) -> float:
    """Seconds that a request may wait for its turn. After that it is refused, which is quick."""
    return answer_timeout - min(max(answer_timeout / _SHARE, _LEAST), answer_timeout / 2)


class Deadline:
    """Refuses what comes too late, and sets when the response of a call is due."""

    def __init__(self, settings: Settings) -> None:
        self._timeout = settings.answer_timeout
        self._needed = self._timeout - longest_wait(self._timeout)

    def check(self, current: CurrentRequest) -> None:
        """Raise ``Unavailable`` for a request that has waited too long."""
        call, due = current.call, answer_due()
        if call.at_once:
            return
        if due - time.monotonic() <= self._needed:
            raise Unavailable(
                "The bridge has more calls waiting than it can answer in time"
                " (JARVICE_ANSWER_TIMEOUT), and did nothing for this one: ask again, with fewer"
                " calls at once."
            )
        if call.deadline is not None:
            current.due = due - self._timeout + call.deadline
