"""Nodes in each of Slurm's states, and the ways in which it writes GPUs."""

import pytest

from connectors.slurm.words.cluster.nodes import count_of, nodes
from dssr.seams import Count, Node


def node(state: str, *, busy: int = 0, gres: str = "", used: str = "", more: str = "") -> Node:
    """A node of 8 cores."""
    line = (
        f"NodeName=n1 CPUAlloc={busy} CPUEfctv=8 CPUTot=10 Gres={gres} GresUsed={used} "
        f"RealMemory=3000 AllocMem=0 State={state} Partitions=a,b {more}"
    )
    (found,) = nodes(line)
    return found


@pytest.mark.parametrize(
    ("state", "busy", "cores", "counted"),
    [
        ("IDLE", 0, Count(8, 8, 0, 0), "free"),
        ("IDLE+PLANNED", 0, Count(8, 8, 0, 0), "free"),
        ("IDLE+CLOUD+POWERED_DOWN", 0, Count(8, 8, 0, 0), "free"),
        ("MIXED", 3, Count(8, 5, 3, 0), "busy"),
        ("ALLOCATED", 8, Count(8, 0, 8, 0), "busy"),
        ("IDLE+COMPLETING", 0, Count(8, 8, 0, 0), "busy"),
        ("IDLE+RESERVED", 0, Count(8, 0, 8, 0), "busy"),
        ("IDLE+DRAIN", 0, Count(8, 0, 0, 8), "down"),
        ("MIXED+DRAIN", 3, Count(8, 0, 3, 5), "down"),
        ("DOWN+NOT_RESPONDING", 0, Count(8, 0, 0, 8), "down"),
        ("DOWN*", 0, Count(8, 0, 0, 8), "down"),
        ("IDLE+MAINTENANCE+RESERVED", 0, Count(8, 0, 0, 8), "down"),
        ("IDLE+POWERING_DOWN", 0, Count(8, 0, 0, 8), "down"),
        ("UNKNOWN", 0, Count(8, 0, 0, 8), "down"),
    ],
)
def test_what_is_free_depends_on_the_state(
    state: str, busy: int, cores: Count, counted: str
) -> None:
    """Cores in use stay in use on a node that drains; nothing of it is free."""
    found = node(state, busy=busy)
    assert found.cores == cores
    assert getattr(count_of([found]), counted) == 1


@pytest.mark.parametrize(
    ("gres", "used", "count"),
    [
        ("(null)", "N/A", Count()),
        ("gpu:4", "gpu:1", Count(4, 3, 1, 0)),
        ("gpu:a100:4(S:0-1)", "gpu:a100:3(IDX:0,2-3)", Count(4, 1, 3, 0)),
        ("gpu:a100:2(S:0),gpu:v100:2(S:1)", "gpu:a100:2(IDX:0-1),gpu:v100:0(IDX:N/A)",
         Count(4, 2, 2, 0)),
        ("craynetwork:4,shard:16,gpu:2,mps:200", "gpu:0,shard:3", Count(2, 2, 0, 0)),
    ],
)  # fmt: skip
def test_gpus_are_counted_whatever_their_kind(gres: str, used: str, count: Count) -> None:
    """GPUs of all kinds count; what is no whole GPU does not."""
    assert node("IDLE", gres=gres, used=used).gpus == count


def test_memory_that_jobs_cannot_have_is_not_counted() -> None:
    """The memory that the site keeps for the system (MemSpecLimit) is no job's."""
    assert node("IDLE", more="MemSpecLimit=1000").memory_mb == Count(2000, 2000, 0, 0)
