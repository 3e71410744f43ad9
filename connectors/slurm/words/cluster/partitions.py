"""``scontrol -o show partition`` -> the partitions, with what is free of their nodes. Pure."""

from collections.abc import Mapping, Sequence

from connectors.slurm.words.cluster.nodes import count_of, total
from connectors.slurm.words.fields import fields
from connectors.slurm.words.states import seconds_of
from dssr.seams import Node, Partition


def partitions(text: str, nodes: Sequence[Node]) -> tuple[Partition, ...]:
    """One line for each partition, in the order of slurm.conf. ``nodes``: all of the cluster."""
    members: dict[str, list[Node]] = {}
    for node in nodes:
        for name in node.partitions:
            members.setdefault(name, []).append(node)
    lines = [line for line in text.splitlines() if line.startswith("PartitionName=")]
    shown = [fields(line) for line in lines]
    return tuple(_partition(said, members.get(said["PartitionName"], [])) for said in shown)


def _partition(said: Mapping[str, str], nodes: Sequence[Node]) -> Partition:
    most = said.get("MaxNodes", "")
    accounts = said.get("AllowAccounts", "ALL")
    return Partition(
        name=said["PartitionName"],
        is_default=said.get("Default") == "YES",
        state=said.get("State", ""),
        nodes=count_of(nodes),
        cores=total(node.cores for node in nodes),
        memory_mb=total(node.memory_mb for node in nodes),
        gpus=total(node.gpus for node in nodes),
        max_walltime=seconds_of(said.get("MaxTime", "")) or None,
        default_walltime=seconds_of(said.get("DefaultTime", "")) or None,
        max_nodes=int(most) if most.isdecimal() else None,
        accounts=() if accounts == "ALL" else tuple(filter(None, accounts.split(","))),
    )
