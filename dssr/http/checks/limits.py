"""How much one caller may ask for; more is answered with 429 and ``Retry-After`` (RFC 6585)."""

import math
from typing import cast

from flask import Flask, Request, g, request
from flask.typing import ResponseReturnValue

from dssr.access.limits import AtOnce, Rate, network
from dssr.access.scopes import Caller
from dssr.errors import TooMany
from dssr.settings import Settings

_SUBMIT = "legacy.submit"


class Limits:
    """The limits of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._rate = Rate(settings.rate, settings.rate) if settings.rate else None

    def count(self, sent: Request, caller: Caller | None) -> None:
        """Count a request of a caller, or, where nobody is known, of the address. Raises ``TooMany``."""
        if self._rate is None:
            return
        wait = self._rate.take(_key(sent, caller))
        if wait:
            raise TooMany(
                "These are more requests a second than one caller may send (JARVICE_SCHED_RATE).",
                math.ceil(wait),
            )


def cap_submissions(app: Flask, most: int) -> None:
    """Have ``app`` work on at most so many submissions of one caller at once (0: on all); its call is there already."""
    submit, under_way = app.view_functions[_SUBMIT], AtOnce(most)

    def capped() -> ResponseReturnValue:
        key = _key(request, g.caller)
        if not under_way.begin(key):
            raise TooMany(
                f"{most} submissions of this caller are under way, and no more may be at once "
                "(JARVICE_SCHED_SUBMISSIONS): send the same again.", 1,
            )  # fmt: skip
        try:
            return cast(ResponseReturnValue, submit())
        finally:
            under_way.end(key)

    app.view_functions[_SUBMIT] = capped


def _key(sent: Request, caller: Caller | None) -> str:
    """What stands for a caller; the address's network, for one that nobody knows."""
    return f"{caller.by}/{caller.name}" if caller and caller.by else network(sent.remote_addr or "")
