"""``/services``: web programs that run in jobs and stay at one address; up, restart, down, and
the removal of one that has stopped."""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.errors import DssrError
from dssr.http.call import Calls, Needs
from dssr.http.request import current
from dssr.http.v1.ownership import owner
from dssr.http.v1.service_calls import members_of
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.refused_forms import refused
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import part
from dssr.http.web.service_form import FilledService
from dssr.services.shown import Shown

_UP = Needs(scope=Scope.SUBMIT, body=None, is_submission=True, audit=("name",))
_ORDER = Needs(scope=Scope.SUBMIT, audit=("name",))


@dataclass(frozen=True)
class ServiceRow:
    """A service, for the page. ``service``: as the API has it. ``connect``: the line for a
    terminal."""

    service: Mapping[str, Any]
    age: float
    connect: str
    port: int | None  # of its address
    is_held: bool  # this bridge keeps its address


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The page, and its forms."""
    calls, services = web.private("services"), use_cases.services
    page = _Page(pages, use_cases)

    @calls.get("/services", Needs(scope=Scope.READ))
    def show_services_page() -> Response:
        return page.shown(FilledService({}))

    @calls.post("/services", _UP)
    def start_from_page() -> Response:
        return page.started(FilledService(request.form))

    @calls.post("/services/<name>/restart", _ORDER)
    def restart_from_page(name: str) -> Response:
        return page.after(lambda: services.restart(name, page.owner()))

    @calls.post("/services/<name>/hold", _ORDER)
    def hold_from_page(name: str) -> Response:
        return page.after(lambda: services.hold(name, page.owner()))

    @calls.post("/services/<name>/down", _ORDER)
    def stop_from_page(name: str) -> Response:
        return page.after(lambda: services.delete(name, page.owner()))

    @calls.post("/services/<name>/remove", _ORDER)
    def remove_from_page(name: str) -> Response:
        if "confirmed" not in request.form:
            return pages.page("service_remove.html", name=name)
        return page.after(lambda: services.delete(name, page.owner(), purge=True))

    return calls


def page_with(pages: Pages, use_cases: UseCases, kept: Mapping[str, str]) -> Response:
    """The page with what a user had filled in before the session ended."""
    return _Page(pages, use_cases).shown(FilledService(kept))


@dataclass(frozen=True)
class _Page:
    pages: Pages
    use_cases: UseCases

    def owner(self) -> str:
        """Whose services they are, which the audit log shows, too."""
        current().owner = owner(self.use_cases.bridge)
        return current().owner

    def shown(self, filled: FilledService, status: int = 200, message: str = "") -> Response:
        """The page with the form as it is filled in. ``message``: what is wrong."""
        found = part(lambda: self.use_cases.services.list(self.owner()))
        return self.pages.page(
            "services.html",
            status,
            rows=rows_of(found.value or (), self.pages.root()),
            has_none=found.value is not None and not found.value,
            problem=found.problem,
            is_silent=found.is_silent,
            message=message,
            values=filled.values,
            problems=filled.problems,
        )

    def started(self, filled: FilledService) -> Response:
        """The page after the service of the form has been started."""
        members = filled.members()
        current().arguments = {"name": members["name"]}
        if filled.problems:
            return self.shown(filled, 400, "Nothing was started.")
        return self.after(lambda: self.use_cases.services.put(members, self.owner()), filled)

    def after(self, order: Callable[[], object], filled: FilledService | None = None) -> Response:
        """The page again after an order, or with what is wrong with it. ``filled``: its form."""
        try:
            order()
        except DssrError as error:
            form = filled or FilledService({})
            return refused(error, lambda status, message: self.shown(form, status, message))
        return self.pages.redirect("web-services.show_services_page")


def rows_of(found: Sequence[Shown], url: str) -> Sequence[ServiceRow]:
    """The rows of the page. ``url``: of the bridge."""
    return [_row(shown, url) for shown in found]


def _row(shown: Shown, url: str) -> ServiceRow:
    service = members_of(shown)
    words = ["dssr", "--url", url, "service", "connect", service["name"]]
    address = service["browser_url"]
    age = max(0.0, time.monotonic() - shown.taken)
    port = urlsplit(address).port if address else None
    return ServiceRow(service, age, shlex.join(words), port, shown.is_held)
