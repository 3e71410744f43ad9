"""``/operator``: what is broken, in words; refused logins, host keys, the queue of calls, how many
listen, the doctor, what the settings mean, the figures, and the end of the audit log."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.errors import SettingsError
from dssr.http.call import Calls, Needs
from dssr.http.checks import metrics, refusals
from dssr.http.serving.parking import LISTENERS
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.examination import Examination
from dssr.http.web.portal import Portal
from dssr.http.web.rendering import Pages
from dssr.http.web.troubles import Seen, troubles
from dssr.seams import Figure
from dssr.settings import Settings, report

_READ = 256 * 1024  # bytes of the audit log
_ROWS = 100
_REFUSED = 20  # rows
_PATIENCE = 10.0  # seconds for which a caller waits for the doctor


@dataclass(frozen=True)
class AuditRows:
    """The last lines of the audit log, the newest first. ``problem``: why there are none."""

    rows: Sequence[dict[str, Any]] = ()
    problem: str = ""


@dataclass(frozen=True)
class HostKey:
    """A host, and whether it presented another key than the trusted one when it was last heard
    of."""

    host: str
    is_changed: bool


def calls(web: WebCalls, pages: Pages, portal: Portal, use_cases: UseCases) -> Calls:
    """The page, for those who may do all, and its doctor."""
    calls, settings = web.private("operator"), portal.settings
    examination = Examination(use_cases.bridge.connector)

    @calls.get("/operator", Needs(scope=Scope.ADMIN))
    def show_operator() -> Response:
        only_refused = "refused" in request.args
        audit = audit_rows(settings.audit_log, lambda row: not only_refused or _is_refused(row))
        seen = _seen(portal, use_cases, examination, audit)
        return pages.page(
            "operator.html",
            lines=list(report.summary(settings, settings.summary(), _listened_on(settings))),
            host_keys=settings.trusted_host_keys,
            seen=seen,
            troubles=troubles(seen),
            hosts=_hosts(seen.figures),
            refused=seen.refusals[:_REFUSED],
            doctor=examination,
            audit=audit,
            only_refused=only_refused,
        )

    @calls.post("/operator/doctor", Needs(scope=Scope.ADMIN))
    def examine_from_page() -> Response:
        examination.run(min(_PATIENCE, settings.answer_timeout / 2))
        return pages.redirect("web-operator.show_operator", _anchor="doctor")

    return calls


def _seen(portal: Portal, use_cases: UseCases, examination: Examination, audit: AuditRows) -> Seen:
    app = _app()
    return Seen(
        about=use_cases.cluster.about(),
        figures=[figure for source in metrics.sources(app) for figure in source()],
        refusals=refusals.last(app),
        examined=examination.last,
        audit=audit.problem if "cannot be read" in audit.problem else "",
        tokens=_tokens(portal.settings.tokens_file),
        templates=portal.shelves.site.problems(),
        now=time.time(),
        listeners=LISTENERS,
    )


def _listened_on(settings: Settings) -> Sequence[str]:
    """The addresses on which the bridge listens, whatever the browser calls it."""
    port = settings.port or request.environ["SERVER_PORT"]
    hosts = (f"[{host}]" if ":" in host else host for host in settings.bind.split(","))
    return [f"http://{host}:{port}" for host in hosts]


def _tokens(path: str) -> str:
    """Why the file of tokens cannot be read; empty where it can, or there is none."""
    try:
        if path:
            token_file.read(path)
    except SettingsError as error:
        return error.message
    return ""


def _hosts(figures: Sequence[Figure]) -> Sequence[HostKey]:
    return [
        HostKey(dict(figure.labels)["host"], bool(figure.value))
        for figure in figures
        if figure.name == "dssr_ssh_host_key_changed"
    ]


def audit_rows(path: str, wanted: Callable[[dict[str, Any]], bool]) -> AuditRows:
    """The last of the wanted lines of the log at that path."""
    if path in ("", "-"):
        return AuditRows(problem="No audit log is written to a file (JARVICE_SCHED_AUDIT_LOG).")
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _READ))
            lines = file.read().splitlines()[1 if size > _READ else 0 :]
    except OSError as error:
        return AuditRows(problem=f"The audit log {path} cannot be read: {error.strerror}.")
    found = [row for line in reversed(lines) if (row := _row(line)) and wanted(row)]
    return AuditRows(found[:_ROWS])


def _row(line: bytes) -> dict[str, Any] | None:
    """The line, if it is one of the bridge's: another program may have written to the file."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _is_refused(row: dict[str, Any]) -> bool:
    return row.get("status") in (401, 403, 429)


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app
