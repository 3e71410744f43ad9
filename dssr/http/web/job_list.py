"""``/jobs``: the jobs in a table. Filter and page are in the URL."""

from flask import Response, request

from dssr.access.scopes import Scope
from dssr.http.call import Calls, Needs
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import jobs_seen
from dssr.jobs.index import GROUPS, Wanted
from dssr.jobs.states import ACTIVE, ENDED

ROWS = 50
_FILTERS = ("state", "name", "partition", "user")
_STATES = (*GROUPS, *ACTIVE, *ENDED)


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The table."""
    calls = web.private("jobs")

    @calls.get("/jobs", Needs(scope=Scope.READ))
    def show_jobs() -> Response:
        chosen = {name: request.args.get(name, "").strip()[:200] for name in _FILTERS}
        seen = jobs_seen(use_cases.jobs, _wanted(chosen), ROWS, request.args.get("after", ""))
        shown = {name: value for name, value in chosen.items() if value}
        return pages.page(
            "jobs.html",
            seen=seen,
            chosen=chosen,
            shown=shown,
            states=_STATES,
            first=not request.args.get("after"),
        )

    return calls


def _wanted(chosen: dict[str, str]) -> Wanted:
    state = chosen["state"]
    states = GROUPS.get(state, frozenset({state}) if state in _STATES else frozenset())
    return Wanted(
        states=states,
        name=chosen["name"],
        partition=chosen["partition"],
        user=chosen["user"],
    )
