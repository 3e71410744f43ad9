"""``/cluster``: partitions, and nodes that are not in use with the reason."""

import time

from flask import Response

from dssr.access.scopes import Scope
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
        about, view, order = cluster.about(), part(cluster.view), ByName()
        nodes = view.value.nodes if view.value else ()
        return pages.page(
            "cluster.html",
            about=about,
            view=view,
            age=time.monotonic() - about.taken,
            nodes=sorted(nodes, key=lambda node: order.key(node.name)),
            queue=view.value.queue if view.value else (),
        )

    return calls
