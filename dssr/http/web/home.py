"""``/``: the jobs that run, wait and ended last, and the cluster in one line.

Where jobs have owners, they are those of the user who has logged in.
"""

from dataclasses import replace

from flask import Response

from dssr.access.scopes import Scope
from dssr.http.call import Calls, Needs
from dssr.http.v1.ownership import user_logged_in
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import jobs_seen
from dssr.jobs.index import GROUPS, Wanted
from dssr.jobs.states import ACTIVE, WAITING

_EACH = 10  # jobs of each list
_WAITING = Wanted(states=frozenset(WAITING))
_UNKNOWN = Wanted(states=frozenset({"UNKNOWN"}))
_RUNNING = Wanted(states=frozenset(ACTIVE) - WAITING - _UNKNOWN.states)
_ENDED = Wanted(states=GROUPS["ended"])


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The start page. Programs without a session get the list of all calls."""
    calls = web.private("home")

    @calls.get("/", Needs(scope=Scope.READ))
    def show_home() -> Response:
        user = user_logged_in(use_cases.bridge)
        lists = [
            (title, query, jobs_seen(use_cases.jobs, replace(wanted, user=user), _EACH))
            for title, query, wanted in (
                ("Running", "RUNNING", _RUNNING),
                ("Waiting", "PENDING", _WAITING),
                ("Ended last", "ended", _ENDED),
                ("Of an unknown state", "UNKNOWN", _UNKNOWN),
            )
        ]
        if not lists[-1][2].jobs:
            lists.pop()
        cluster = use_cases.cluster.about()
        ages = [seen.age for *_, seen in lists if seen.age is not None]
        problem = next((seen.problem for *_, seen in lists if seen.problem), cluster.problem)
        return pages.page(
            "home.html", lists=lists, cluster=cluster, problem=problem, age=max(ages, default=None)
        )

    return calls
