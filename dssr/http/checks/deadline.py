"""The time for an answer counts from the request's arrival: what is left after the wait for a turn may be too little."""

import time

from flask import Flask, request

from dssr.deadline import answer_due
from dssr.errors import Unavailable
from dssr.settings import Settings

NEVER_LATE = frozenset({"/live", "/metrics"})  # the bridge alone answers them, at once
_SHARE = 4  # of the time: with less, calls for a cluster that is slow enough to make others wait would only time out
_LEAST = 1.0  # second, of which connectors leave half to the bridge


def longest_wait(answer_timeout: float) -> float:
    """Seconds that a request may wait for its turn; after that it is refused, which takes a millisecond."""
    return answer_timeout - min(max(answer_timeout / _SHARE, _LEAST), answer_timeout / 2)


def register(app: Flask, settings: Settings) -> None:
    """Have ``app`` refuse what comes too late, after the gate: nobody learns more of the bridge than he may."""
    needed = settings.answer_timeout - longest_wait(settings.answer_timeout)

    def refuse() -> None:
        if answer_due() - time.monotonic() <= needed and request.path not in NEVER_LATE:
            raise Unavailable(
                "The bridge has more calls waiting than it can answer in time (JARVICE_ANSWER_TIMEOUT), and did nothing for"
                " this one: ask again, with fewer calls at once."
            )

    app.before_request(refuse)
