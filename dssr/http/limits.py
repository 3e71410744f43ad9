"""How much one caller may ask for; more is answered with 429 and ``Retry-After`` (RFC 6585)."""

import math

from flask import Flask, Request, g

from dssr.access.limits import AtOnce, Rate
from dssr.access.scopes import Caller
from dssr.errors import TooMany
from dssr.settings import Settings

_SUBMIT = "legacy.submit"


class Limits:
    """The limits of the settings."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._rate = Rate(settings.rate, settings.rate) if settings.rate else None
        self._most = settings.submissions
        self._submissions = AtOnce(settings.submissions)
        app.teardown_request(self._end)

    def count(self, request: Request, caller: Caller | None) -> None:
        """Count a request of a caller, or, where nobody is known, of the address. Raises ``TooMany``."""
        if self._rate is None:
            return
        wait = self._rate.take(_key(request, caller))
        if wait:
            raise TooMany("These are more requests a second than one caller may send (JARVICE_SCHED_RATE).", math.ceil(wait))

    def begin(self, request: Request, caller: Caller) -> None:
        """Count a submission as under way until its request is over. Raises ``TooMany``."""
        if request.endpoint != _SUBMIT:
            return
        key = _key(request, caller)
        if not self._submissions.begin(key):
            raise TooMany(
                f"{self._most} submissions of this caller are under way, and no more may be at once "
                "(JARVICE_SCHED_SUBMISSIONS): send the same again.", 1,
            )  # fmt: skip
        g.submission = key

    def _end(self, _error: BaseException | None) -> None:
        key = g.pop("submission", None)
        if key is not None:
            self._submissions.end(key)


def _key(request: Request, caller: Caller | None) -> str:
    """What stands for a caller; an address, which has no slash, for one that nobody knows."""
    return f"{caller.by}/{caller.name}" if caller and caller.by else request.remote_addr or ""
