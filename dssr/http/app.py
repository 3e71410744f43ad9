"""The Flask application: calls, errors, who may call, what is logged."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

from dssr.bridge import Bridge
from dssr.http import errors
from dssr.http.checks import access_log, audit, deadline, gate, limits, metrics
from dssr.http.legacy import calls, description
from dssr.settings import Settings

MEGABYTE = 1024 * 1024


def create_app(bridge: Bridge, settings: Settings) -> Flask:
    """An application that serves ``bridge`` as the contract says. ``settings`` have been checked.

    Raises ``SettingsError`` when the file of tokens or the audit log is not to be used.
    """
    app = _App("dssr", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body * MEGABYTE
    app.config["MAX_FORM_MEMORY_SIZE"] = (
        settings.max_body * MEGABYTE
    )  # 500 kB by default: job scripts are larger
    app.url_map.merge_slashes = (
        False  # a doubled slash is a mistake to be told, not to be redirected
    )
    app.url_map.converters["rest"] = _Rest
    metrics.register(app, bridge)
    access_log.register(app)
    errors.register(app)
    audit.register(app, settings.audit_log)
    gate.register(app, settings)
    deadline.register(app, settings)
    app.register_blueprint(calls.routes(bridge))
    app.register_blueprint(description.routes())
    limits.cap_submissions(app, settings.submissions)
    return app


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No call here is a coroutine; Flask would look whether one is, six times with each request."""
        return func


class _Rest(BaseConverter):
    """All that is left of a path, line breaks and empty parts included: it is for the call to say what is wrong with it."""

    regex = r"(?s:.*)"
    part_isolating = False
    weight = 1000  # after every other rule
