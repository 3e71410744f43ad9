"""What every request passes before its call: who it is, how much it asks for, what it may do, where it comes from."""

from flask import Flask, Request, g, request

from dssr.access.scopes import Caller, Scope, changes, needed
from dssr.errors import DssrError, Unidentified
from dssr.http.checks import auth, origin
from dssr.http.checks.limits import Limits
from dssr.settings import Settings


def register(app: Flask, settings: Settings) -> None:
    """Have ``app`` take what passes. ``g.caller``, ``g.need`` and ``g.stopped`` are for the logs.

    Raises ``SettingsError`` when the file of tokens is not to be used.
    """
    app.before_request(_Gate(settings).open)


class _Gate:
    def __init__(self, settings: Settings) -> None:
        self._doorkeeper = auth.Doorkeeper(settings)
        self._limits = Limits(settings)
        self._check_host = origin.needs_host_check(settings)

    def open(self) -> None:
        # The objects themselves: each use of Flask's proxies costs a microsecond.
        sent: Request = request._get_current_object()  # type: ignore[attr-defined]
        noted = g._get_current_object()
        noted.need = need = needed(sent.endpoint, sent.path)
        if need is Scope.NONE:
            return
        try:
            noted.caller = caller = self._identify(sent)
            self._check(sent, caller, need)
        except DssrError:
            noted.stopped = True
            raise

    def _identify(self, sent: Request) -> Caller:
        try:
            return self._doorkeeper.caller(sent)
        except Unidentified:
            self._limits.count(sent, None)
            raise

    def _check(self, sent: Request, caller: Caller, need: Scope) -> None:
        self._limits.count(sent, caller)
        if self._check_host:
            origin.refuse_foreign_names(sent)
        auth.demand(caller, need)
        if changes(need):
            origin.refuse_foreign_pages(sent)
