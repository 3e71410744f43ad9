"""What a cluster has for the fields of a form."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from dssr.form.fields import Form
from dssr.form.limits import Limits, limits_of
from dssr.job import JobState
from dssr.seams import ClusterLimits, ClusterView, Count, Node, Partition
from dssr.seams.cluster import QueuedJob


def node(name: str, *partitions: str, free: int = 8, gpus: int = 0) -> Node:
    """A node of 8 cores and 16 GB."""
    memory = Count(16 * 1024, free * 2048, (8 - free) * 2048)
    return Node(
        name, "IDLE", partitions, Count(8, free, 8 - free), memory, Count(gpus, gpus), features=()
    )


def partition(name: str, **more: Any) -> Partition:
    """One of three nodes, two of them free."""
    counts = {name: Count() for name in ("cores", "memory_mb", "gpus")}
    return Partition(
        **{
            "name": name, "is_default": False, "state": "UP", "nodes": Count(3, 2, 1),
            **counts, **more,
        }
    )  # fmt: skip


WAITS = QueuedJob("7", "x", "bob", JobState.PENDING, "Priority", "batch", 1, 0.0, None, None)
BATCH = partition("batch", is_default=True, max_walltime=86_400, default_walltime=3600, max_nodes=2)
VIEW = ClusterView(
    "slurm", "24.11", "login1",
    (BATCH, partition("gpu", state="DRAIN"), partition("long")),
    (
        node("n1", "batch"), node("n2", "batch"), node("n3", "batch", free=0),
        node("g1", "gpu", gpus=4), node("g2", "gpu", free=2, gpus=2),
    ),
    (), ClusterLimits(), 0.0,
)  # fmt: skip


def found(view: ClusterView = VIEW, **fields: str) -> Limits:
    """What the cluster has for these fields."""
    return limits_of(Form(command="true", **fields), view)  # type: ignore[arg-type]


def test_each_field_has_what_there_is() -> None:
    """The hints are of the partition that is named, or else of the default one."""
    assert found().hints == {
        "partition": "batch (default): 2 of 3 nodes free, at most 1-00:00:00; gpu: drain; "
        "long: 2 of 3 nodes free",
        "nodes": "2 of 3 nodes free, at most 2 for a job",
        "walltime": "at most 1-00:00:00, 01:00:00 if it is left empty",
        "cores": "a node has 8, at most 8 free",
        "memory": "a node has 16G, at most 16G free",
        "gpus": "none in batch",
    }
    of_gpu = found(partition="gpu").hints
    assert of_gpu["gpus"] == "a node has 2 to 4, at most 4 free"
    assert "walltime" not in of_gpu


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"partition": "none"}, "partition", "There is no partition 'none' on this cluster."),
        ({"partition": "batch,none"}, "partition", "There is no partition 'batch,none'"),
        ({"nodes": "4"}, "nodes", "batch has 3 nodes."),
        ({"nodes": "3"}, "nodes", "A job in batch has at most 2."),
        ({"cores": "9"}, "cores", "No node of batch has more than 8."),
        ({"memory": "17G"}, "memory", "No node of batch has more than 16G."),
        ({"gpus": "1"}, "gpus", "No node of batch has more than 0."),
        ({"partition": "gpu", "gpus": "5"}, "gpus", "No node of gpu has more than 4."),
        ({"walltime": "2-0"}, "walltime", "batch allows at most 1-00:00:00."),
        ({"walltime": "UNLIMITED"}, "walltime", "batch allows at most 1-00:00:00."),
    ],
)
def test_what_is_more_than_there_is_has_a_sentence(
    fields: dict[str, str], field: str, sentence: str
) -> None:
    """A figure that the cluster cannot have is reported at its field, and no start is promised."""
    limits = found(VIEW, **fields)
    assert list(limits.excesses) == [field]
    assert limits.excesses[field].startswith(sentence)
    assert limits.start == ""


@pytest.mark.parametrize(
    ("fields", "queue", "start"),
    [
        ({}, [], "2 nodes of batch have room for it now: it could start at once."),
        ({"nodes": "2", "cores": "8"}, [], "2 nodes of batch have room for it now: it could"),
        ({"memory": "16G"}, [], "2 nodes of batch have room for it now: it could"),
        ({}, [WAITS], "2 nodes of batch have room for it now, but 1 job waits there."),
        ({}, [WAITS, WAITS], "2 nodes of batch have room for it now, but 2 jobs wait there."),
        ({}, [replace(WAITS, is_held=True)], "2 nodes of batch have room for it now: it could"),
        ({}, [replace(WAITS, partition="gpu")], "2 nodes of batch have room for it now: it"),
        (
            {"partition": "gpu", "nodes": "2", "cores": "3"}, [],
            "1 node of gpu has room for it now, and it asks for 2: it would wait.",
        ),
        ({"partition": "long"}, [], ""),
        ({"partition": "batch,gpu"}, [], ""),
    ],
)  # fmt: skip
def test_the_start_is_of_nodes_with_room(
    fields: dict[str, str], queue: Sequence[QueuedJob], start: str
) -> None:
    """A job could start at once where enough nodes have room and no other job waits; else the
    scheduler has to be asked."""
    shown = found(replace(VIEW, queue=queue), **fields).start
    assert shown.startswith(start)
    assert bool(shown) == bool(start)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"command": "#!/bin/bash\n#SBATCH --nodes=100\ntrue"}, "the script's #SBATCH lines"),
        ({"command": "#!/bin/bash\n#SBATCH -J x -N 100\ntrue"}, "the script's #SBATCH lines"),
        ({"command": "#!/bin/bash\n#SBATCH -J --nodes=100\ntrue"}, "the script's #SBATCH lines"),
        ({"command": "#!/bin/bash\n#SBATCH --job-name=x\n#SBATCH -o out\ntrue"}, ""),
        ({"tasks": "100"}, "tasks"),
        ({"options": (("nodelist", "n3"),), "dependency": "afterok:7"}, "a dependency, further"),
    ],
)
def test_no_start_is_promised_of_what_is_not_counted(fields: dict[str, Any], words: str) -> None:
    """A job that asks for more than the counted figures is not said to start at once."""
    start = limits_of(Form(**{"command": "true", **fields}), VIEW).start
    assert ("could start at once" in start) == (not words)
    assert start.startswith(f"Room for it now is not counted, because of {words}" if words else "2")


def test_accounts_are_those_that_may_be_used() -> None:
    """The accounts that the bridge may use are at their field, and one that the partition does not
    take is reported."""
    limits = ClusterLimits(accounts={"p2": {}, "p1": {}, "p1/alice": {}})
    closed = replace(BATCH, accounts=("p1", "lab"))
    view = replace(VIEW, limits=limits, partitions=(closed,))
    assert found(view).hints["account"] == "the bridge may use p1, p2"
    assert found(view, account="p1").excesses == {}
    assert found(view, account="p2").excesses == {"account": "batch takes jobs of p1, lab alone."}


def test_wrong_fields_are_read_as_empty_ones() -> None:
    """A figure that cannot be read changes nothing of what is shown."""
    assert found(nodes="many", memory="lots", walltime="soon") == found()


def test_a_machine_without_partitions_has_limits_too() -> None:
    """Where there are no partitions, all nodes count."""
    alone = replace(VIEW, partitions=(), nodes=(node("here"),))
    limits = found(alone, partition="any", cores="9")
    assert limits.hints["nodes"] == "1 of 1 nodes free"
    assert limits.excesses == {"cores": "No node of this cluster has more than 8."}
    assert (
        found(alone).start == "1 node of this cluster has room for it now: it could start at once."
    )


def test_a_cluster_that_shows_nothing_promises_nothing() -> None:
    """Without partitions and nodes there is nothing to say."""
    assert found(replace(VIEW, partitions=(), nodes=())) == Limits()
