"""The Flask application: the APIs, the portal, and the checks that every request passes."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from dssr.access.credentials import of_settings
from dssr.assembly import bridge_services
from dssr.bridge import Bridge
from dssr.http import errors
from dssr.http.call import MEGABYTE, Catalogue
from dssr.http.checks import audit, gate, metrics, refusals
from dssr.http.legacy import calls, description
from dssr.http.v1 import calls as v1
from dssr.http.v1.use_cases import UseCases
from dssr.http.web import calls as web
from dssr.http.web.portal import Portal
from dssr.services.bridge_services import BridgeServices
from dssr.settings import Settings


def create_app(bridge: Bridge, settings: Settings, services: BridgeServices | None = None) -> Flask:
    """Return an application that serves ``bridge``. ``settings`` have been checked. ``services``:
    that the bridge holds; without them, it begins with none.

    Raises ``SettingsError`` when the file of tokens, the audit log or the portal's directory cannot
    be used.
    """
    app = _App("dssr", static_folder=None)
    # Each call has its limit on bodies. Flask's own limit on form fields is less than a job script.
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body * MEGABYTE
    app.url_map.merge_slashes = False  # a doubled slash is a mistake, which a redirect would hide
    catalogue = Catalogue(app, settings.max_body * MEGABYTE)
    figures = metrics.register(app, bridge)
    errors.register(app)
    audit.register(app, settings.audit_log)
    refusals.register(app)
    use_cases = UseCases.of(bridge, services or bridge_services(bridge))
    credentials = of_settings(settings)
    portal = Portal.of(settings, credentials, bridge.owner_named) if settings.web else None
    gate.register(app, settings, credentials, portal.logins if portal else None)
    legacy = (calls.calls(bridge), description.calls(), figures)
    of_portal = web.all_calls(portal, use_cases) if portal else ()
    for each in (*legacy, *v1.all_calls(use_cases, settings), *of_portal):
        catalogue.add(each)
    return app


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No call here is a coroutine; Flask would examine that six times with each request."""
        return func
