"""The cluster that the dummy connector shows: as many nodes as its jobs have. Pure."""

import time
from collections.abc import Iterable, Sequence
from importlib.metadata import version

from connectors.shared.queue_row import queue_row
from dssr.job import Resources
from dssr.record import JobRecord
from dssr.seams import ClusterLimits, ClusterView, Count, Node

_CORES = 64  # of each node; as many more as its jobs have
_MEMORY_MB = 256 * 1024


def view(jobs: Sequence[JobRecord]) -> ClusterView:
    """``jobs``: those that have not ended."""
    used: dict[str, list[Resources]] = {"dummy1": []}
    for job in jobs:
        for name in job.nodes:
            used.setdefault(name, []).append(job.resources or Resources())
    nodes = [_node(name, used[name]) for name in sorted(used)]
    queue = [queue_row(job) for job in jobs]
    taken = time.monotonic()
    return ClusterView("dummy", version("dssr"), "dummy", (), nodes, queue, ClusterLimits(), taken)


def _node(name: str, jobs: Sequence[Resources]) -> Node:
    """``jobs``: what each job on it has on all its nodes."""
    return Node(
        name=name,
        state="MIXED" if jobs else "IDLE",
        partitions=(),
        cores=_count((job.cores for job in jobs), jobs, _CORES),
        memory_mb=_count((job.memory_mb for job in jobs), jobs, _MEMORY_MB),
        gpus=_count((job.gpus for job in jobs), jobs, 0),
    )


def _count(amounts: Iterable[int | None], jobs: Sequence[Resources], total: int) -> Count:
    busy = sum((n or 0) // (job.nodes or 1) for n, job in zip(amounts, jobs, strict=True))
    return Count(max(total, busy), max(total, busy) - busy, busy)
