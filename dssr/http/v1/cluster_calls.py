"""The calls that show the cluster."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from flask import Response

from dssr.access.scopes import Scope
from dssr.cluster import Cluster
from dssr.cluster.listing import ByName, ByPriority, Listing
from dssr.http.call import Answer, Calls, Described, Example, Needs
from dssr.http.v1 import api
from dssr.http.v1.cluster_models import ClusterAbout, NodeList, PartitionList, Queue
from dssr.http.v1.models import Model
from dssr.http.v1.queries import ListQuery, NamedListQuery, QueueQuery
from dssr.http.v1.reading import query_as
from dssr.http.v1.rendering import age_members, digest, tagged, time_text
from dssr.jobs.states import name_of
from dssr.seams import Node, Partition, QueuedJob

_T = TypeVar("_T")
_Members = Mapping[str, Any]


def _list_needs(summary: str, model: type[Model], query: type[ListQuery] = NamedListQuery) -> Needs:
    """What a list of the cluster declares."""
    return Needs(
        scope=Scope.READ,
        described=Described(
            summary=summary,
            query=query,
            headers=(api.IF_NONE_MATCH,),
            answers={200: Answer(about="A page of the list", model=model, headers=(api.ETAG,))},
            errors=(404,),
            example=Example(query="limit=20"),
        ),
    )


ABOUT = Needs(
    scope=Scope.READ,
    described=Described(
        summary="Show the scheduler, whether it answers, what it supports, and its limits",
        headers=(api.IF_NONE_MATCH,),
        answers={200: Answer(about="The cluster", model=ClusterAbout, headers=(api.ETAG,))},
    ),
)
PARTITIONS = _list_needs("List the partitions: what is free, and their limits", PartitionList)
NODES = _list_needs("List the nodes: what is free, and why nodes are down", NodeList)
QUEUE = _list_needs(
    "List the jobs of all users, as far as the cluster shows them", Queue, QueueQuery
)


def calls(cluster: Cluster) -> Calls:
    """All calls that show the cluster."""
    calls = api.v1_calls("cluster")
    partitions, nodes = Listing[Partition](ByName()), Listing[Node](ByName())
    queue = Listing[QueuedJob](ByPriority())

    @calls.get("/cluster", ABOUT)
    def show_cluster() -> Response:
        about = asdict(cluster.about())
        taken = about.pop("taken")
        members = json.dumps(about | {"reachable": not about["problem"]})
        return tagged(f"{members[:-1]}, {age_members(taken)}}}", digest(members))

    @calls.get("/cluster/partitions", PARTITIONS)
    def list_partitions() -> Response:
        query, view = query_as(NamedListQuery), cluster.view()
        page = partitions.page(view.partitions, query.limit, query.after)
        return _page(page, _partition, view.taken)

    @calls.get("/cluster/nodes", NODES)
    def list_nodes() -> Response:
        query, view = query_as(NamedListQuery), cluster.view()
        page = nodes.page(view.nodes, query.limit, query.after)
        return _page(page, _node, view.taken)

    @calls.get("/cluster/queue", QUEUE)
    def list_queue() -> Response:
        query, view = query_as(QueueQuery), cluster.view()
        return _page(queue.page(view.queue, query.limit, query.after), _queued, view.taken)

    return calls


def _page(
    page: tuple[Sequence[_T], str | None], members: Callable[[_T], _Members], taken: float
) -> Response:
    shown = json.dumps({"items": [members(each) for each in page[0]], "next": page[1]})
    return tagged(f"{shown[:-1]}, {age_members(taken)}}}", digest(shown))


def _partition(partition: Partition) -> _Members:
    members = asdict(partition)
    for name in ("max_walltime", "default_walltime"):
        members[f"{name}_seconds"] = members.pop(name)
    return members


def _node(node: Node) -> _Members:
    return asdict(node) | {"since": time_text(node.since)}


def _queued(job: QueuedJob) -> _Members:
    return {
        "native_id": job.native_id,
        "name": job.name,
        "user": job.user,
        "state": name_of(job.state, job.is_held),
        "reason": job.reason,
        "partition": job.partition,
        "nodes": job.nodes,
        "submitted_at": time_text(job.submitted),
        "expected_start_at": time_text(job.expected_start),
        "priority": job.priority,
    }
