"""``/operator``: what the settings mean, the bridge's figures, and the end of the audit log."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, current_app, request

from dssr.access.scopes import Scope
from dssr.http.call import Calls, Needs
from dssr.http.checks import metrics
from dssr.http.web.api import WebCalls
from dssr.http.web.portal import Portal
from dssr.http.web.rendering import Pages
from dssr.seams import Figure
from dssr.settings import report

_READ = 256 * 1024  # bytes of the audit log
_ROWS = 100


@dataclass(frozen=True)
class AuditRows:
    """The last lines of the audit log, the newest first. ``problem``: why there are none."""

    rows: Sequence[dict[str, Any]] = ()
    problem: str = ""


def calls(web: WebCalls, pages: Pages, portal: Portal) -> Calls:
    """The page, for those who may do all."""
    calls, settings = web.private("operator"), portal.settings

    @calls.get("/operator", Needs(scope=Scope.ADMIN))
    def show_operator() -> Response:
        only_refused = "refused" in request.args
        audit = audit_rows(settings.audit_log, lambda row: not only_refused or _is_refused(row))
        return pages.page(
            "operator.html",
            lines=list(report.summary(settings, settings.summary(), [request.host_url])),
            host_keys=settings.trusted_host_keys,
            broken=portal.shelves.site.problems(),
            figures=_figures(),
            audit=audit,
            only_refused=only_refused,
        )

    return calls


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


def _figures() -> Sequence[Figure]:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    return [figure for source in metrics.sources(app) for figure in source()]
