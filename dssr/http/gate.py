"""What every request passes before its call: who it is, how much it asks for, what it may do, where it comes from."""

from flask import Flask, g, request

from dssr.access.scopes import Caller, Scope, changes, needed
from dssr.errors import DssrError, Unidentified
from dssr.http import auth, origin
from dssr.http.limits import Limits
from dssr.settings import Settings


def register(app: Flask, settings: Settings) -> None:
    """Have ``app`` take what passes. ``g.caller``, ``g.need`` and ``g.stopped`` are for the logs.

    Raises ``SettingsError`` when the file of tokens is not to be used.
    """
    gate = _Gate(app, settings)
    app.before_request(gate.open)


class _Gate:
    def __init__(self, app: Flask, settings: Settings) -> None:
        self._doorkeeper = auth.Doorkeeper(settings)
        self._limits = Limits(app, settings)
        self._check_host = origin.needs_host_check(settings)

    def open(self) -> None:
        need = needed(request.endpoint, request.path)
        g.need = need
        if need is Scope.NONE:
            return
        try:
            self._check(need)
        except DssrError:
            g.stopped = True
            raise

    def _check(self, need: Scope) -> None:
        g.caller = caller = self._identify()
        self._limits.count(caller)
        if self._check_host:
            origin.refuse_foreign_names()
        auth.demand(need)
        if changes(need):
            origin.refuse_foreign_pages()
            self._limits.begin(caller)

    def _identify(self) -> Caller:
        try:
            return self._doorkeeper.caller()
        except Unidentified:
            self._limits.count(None)
            raise
