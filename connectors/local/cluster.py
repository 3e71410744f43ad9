"""This machine as a cluster of one node."""

import socket
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from connectors.local.options import Machine
from connectors.shared.queue_row import queue_row
from dssr.job import JobState
from dssr.record import JobRecord
from dssr.seams import ClusterLimits, ClusterView, Count, Node

_MEMINFO = Path("/proc/meminfo")


def view(machine: Machine, jobs: Sequence[JobRecord]) -> ClusterView:
    """``jobs``: those that have not ended. Cores are busy while a job has them, memory while any
    process of the machine does."""
    held = (job.resources for job in jobs if job.state is JobState.RUNNING)
    busy = min(machine.cores, sum(resources.cores or 0 for resources in held if resources))
    host = socket.gethostname()
    node = Node(
        name=host,
        state="IDLE" if not busy else "ALLOCATED" if busy == machine.cores else "MIXED",
        partitions=(),
        cores=_count(machine.cores, machine.cores - busy),
        memory_mb=_count(machine.memory_mb, _free_memory_mb()),
        gpus=Count(),
    )
    limits = ClusterLimits({"JARVICE_LOCAL_CORES": str(machine.cores)})
    queue = [queue_row(job) for job in jobs]
    release = version("dssr")
    return ClusterView("local", release, host, (), (node,), queue, limits, time.monotonic())


def _count(total: int, free: int) -> Count:
    return Count(total, free, total - free)


def _free_memory_mb() -> int:
    """What processes may still have without swapping (proc_meminfo(5), MemAvailable)."""
    lines = (line.split() for line in _MEMINFO.read_text(encoding="ascii").splitlines())
    return next(int(kilobytes) >> 10 for name, kilobytes, *_ in lines if name == "MemAvailable:")
