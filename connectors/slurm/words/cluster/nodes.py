"""``scontrol -d -o show node`` -> the nodes, and what of each is free. Pure."""

import re
from collections.abc import Iterable

from connectors.slurm.words.fields import fields
from dssr.seams import Count, Node

# scontrol(1), NODE STATES: the words with which a node takes no new job. A node that is switched
# off to save power (POWERED_DOWN) takes one: Slurm switches it on.
_AWAY = frozenset({
    "BLOCKED", "DOWN", "DRAIN", "DYNAMIC_FUTURE", "ERROR", "FAIL", "FUTURE", "INVALID",
    "INVALID_REG", "MAINTENANCE", "NOT_RESPONDING", "POWER_DOWN", "POWER_DRAIN", "POWERING_DOWN",
    "REBOOT_ISSUED", "UNKNOWN",
})  # fmt: skip
_BUSY = frozenset({"ALLOCATED", "COMPLETING", "MIXED", "RESERVED"})
# scontrol adds who gave the reason, and when, to its first line. An operator may have written the
# same there; blanks divide further lines.
_REASON = re.compile(r" Reason=(.*?) \[[^\[\]@]*@(\d+)\](?:\s{2}|\s*$| Comment=| Extra=)")
_GPU = re.compile(r"(?:^|,)gpu(?::[^,:()]*[^,:()\d][^,:()]*)?:(\d{1,9})")


def nodes(text: str) -> tuple[Node, ...]:
    """One line for each node."""
    return tuple(_node(line) for line in text.splitlines() if line.startswith("NodeName="))


def total(counts: Iterable[Count]) -> Count:
    """The counts of several nodes together."""
    found = [(count.total, count.free, count.busy, count.down) for count in counts]
    return Count(*map(sum, zip(*found, strict=True))) if found else Count()


def count_of(found: Iterable[Node]) -> Count:
    """How many nodes are free as a whole, in use in part or as a whole, and away."""
    use = [_use(node.state, node.cores.busy) for node in found]
    return Count(len(use), *(use.count(word) for word in ("free", "busy", "down")))


def _node(line: str) -> Node:
    said = fields(line)
    state = said.get("State", "")
    cores = _number(said.get("CPUEfctv")) or _number(said.get("CPUTot"))
    memory = max(0, _number(said.get("RealMemory")) - _number(said.get("MemSpecLimit")))
    reason = _REASON.search(line)
    return Node(
        name=said["NodeName"],
        state=state,
        partitions=_names(said.get("Partitions", "")),
        cores=_count(state, cores, _number(said.get("CPUAlloc"))),
        memory_mb=_count(state, memory, _number(said.get("AllocMem"))),
        gpus=_count(state, gpus_of(said.get("Gres", "")), gpus_of(said.get("GresUsed", ""))),
        reason=reason[1] if reason else "",
        since=float(reason[2]) if reason else None,
        features=_names(said.get("ActiveFeatures", "")),
    )


def _count(state: str, most: int, busy: int) -> Count:
    busy = min(busy, most)
    use = _use(state, busy)
    if use == "down":
        return Count(most, 0, busy, most - busy)
    # What a reservation keeps is free for its users alone.
    return Count(most, 0, most, 0) if _is_reserved(state) else Count(most, most - busy, busy, 0)


def _use(state: str, busy_cores: int) -> str:
    words = set(state.rstrip("*~#!%$@^-").split("+"))
    if words & _AWAY or state.endswith("*"):
        return "down"
    return "busy" if busy_cores or words & _BUSY else "free"


def _is_reserved(state: str) -> bool:
    return "RESERVED" in state.split("+")


def gpus_of(gres: str) -> int:
    """How many GPUs ``gpu:a100:4(S:0-1),gpu:v100:2(IDX:0,1)`` are: with or without their kind;
    shards and the like are no GPUs."""
    return sum(int(number) for number in _GPU.findall(re.sub(r"\([^()]*\)", "", gres)))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
