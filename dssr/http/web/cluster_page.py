"""``/cluster``: partitions, and nodes that are not in use with the reason; as they were last seen,
where the cluster does not answer."""

import time
from collections.abc import Callable

from flask import Response

from dssr.access.scopes import Scope
from dssr.cluster import Cluster
from dssr.cluster.listing import ByName
from dssr.http.call import Calls, Needs
from dssr.http.v1.use_cases import UseCases
from dssr.http.web.api import WebCalls
from dssr.http.web.rendering import Pages
from dssr.http.web.seen import part


def calls(web: WebCalls, pages: Pages, use_cases: UseCases) -> Calls:
    """The page."""
    calls, cluster = web.private("cluster"), use_cases.cluster

    @calls.get("/cluster", Needs(scope=Scope.READ))
    def show_cluster_page() -> Response:
        about, found, order = cluster.about(), part(cluster.view), ByName()
        view = found.value or cluster.last_view()
        nodes = view.nodes if view else ()
        taken = view.taken if view else about.taken
        never = about.problem and not view
        return pages.page(
            "cluster.html",
            about=about,
            view=view,
            why_none=found.problem,
            age=None if never else time.monotonic() - taken,
            nodes=sorted(nodes, key=lambda node: order.key(node.name)),
            queue=view.queue if view else (),
        )

    return calls


def unaccounted(cluster: Cluster) -> Callable[[], tuple[str, float] | None]:
    """How all pages know that the cluster keeps no accounting, or that this is silent: by the
    sentence that says so, and its age in seconds; ``None``: it answers, or that is not known. The
    cluster is not asked."""

    def look() -> tuple[str, float] | None:
        view = cluster.last_view()
        if view is None or not view.accounting:
            return None
        return view.accounting, time.monotonic() - view.taken

    return look
