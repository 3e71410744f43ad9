"""The fields of the submission form, and a cluster -> what the cluster has for each field, which of
them ask for more than it has, and whether a job could start now. Pure.

The scheduler decides: a script's own directives, accounts and reservations change what is here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dssr.form.amounts import limit, megabytes, memory
from dssr.form.fields import Form, problems
from dssr.job import time_limit
from dssr.seams.cluster import ClusterView, Count, Node, Partition

_MOST_NAMED = 8  # partitions
_FOR_EVER = 1 << 40  # seconds: no limit
_ASK = "Check asks the scheduler when it would start."
# Lines of a script with one option that changes nothing of where a job fits.
_HARMLESS = re.compile(
    r"#SBATCH\s+(?:--(?:job-name|output|error|comment|mail-type|mail-user|open-mode|chdir)(?:=|\s+)"
    r"|-[JoeD]\s*)[^\s-]\S*\s*"
)


@dataclass(frozen=True)
class Limits:
    """Sentences by field. ``hints``: what there is; ``excesses``: what is more than that.
    ``start``: whether the job could start now, or empty."""

    hints: Mapping[str, str] = field(default_factory=dict)
    excesses: Mapping[str, str] = field(default_factory=dict)
    start: str = ""


@dataclass(frozen=True)
class _Place:
    """Where a job would run. ``partition``: ``None`` on a cluster without partitions."""

    partition: Partition | None
    nodes: Sequence[Node]

    @property
    def name(self) -> str:
        return self.partition.name if self.partition else "this cluster"


def limits_of(form: Form, view: ClusterView, besides: Sequence[str] = ()) -> Limits:
    """What the cluster has for a form. Fields that are wrong are read as if they were empty.
    ``besides``: what the job asks for that is no part of the form, in words."""
    found = {"partition": _partitions(view)} if view.partitions else {}
    if accounts := [name for name in view.limits.accounts if "/" not in name][:_MOST_NAMED]:
        found["account"] = f"the bridge may use {', '.join(sorted(accounts))}"
    names = [one.name for one in view.partitions]
    if form.partition and names and form.partition not in names:
        if not set(form.partition.split(",")) - set(names):
            return Limits(found)
        wrong = f"There is no partition {form.partition[:60]!r} on this cluster."
        return Limits(found, {"partition": wrong})
    place = _place(form, view)
    asked = _Asked.of(form)
    excesses = {**dict(_excesses(asked, place)), **dict(_of_account(form.account, place))}
    uncounted = [*_uncounted(form), *besides]
    start = "" if excesses else _start(asked, place, view, uncounted)
    return Limits({**found, **dict(_hints(place))}, excesses, start)


@dataclass(frozen=True)
class _Asked:
    """The figures of a form, of each node but for the nodes themselves; 0: not asked for."""

    nodes: int
    cores: int
    memory: int
    gpus: int
    walltime: int

    @classmethod
    def of(cls, form: Form) -> "_Asked":
        wrong = problems(form)

        def text(name: str) -> str:
            return "" if name in wrong else str(getattr(form, name))

        return cls(
            nodes=int(text("nodes") or 0),
            cores=int(text("cores") or 0),
            memory=megabytes(text("memory")) if text("memory") else 0,
            gpus=int(text("gpus") or 0),
            walltime=(time_limit(text("walltime")) or _FOR_EVER) if text("walltime") else 0,
        )


def _place(form: Form, view: ClusterView) -> _Place:
    wanted = form.partition if view.partitions else ""
    found = next((one for one in view.partitions if one.name == wanted), None)
    if found is None:
        found = next((one for one in view.partitions if one.is_default), None)
    nodes = [node for node in view.nodes if found is None or found.name in node.partitions]
    return _Place(found, nodes)


def _partitions(view: ClusterView) -> str:
    shown = [
        f"{one.name}{' (default)' if one.is_default else ''}: "
        + (_free(one.nodes) if one.state == "UP" else one.state.lower())
        + (f", at most {limit(one.max_walltime)}" if one.max_walltime else "")
        for one in view.partitions[:_MOST_NAMED]
    ]
    others = len(view.partitions) - len(shown)
    return "; ".join([*shown, *([f"and {others} others"] if others else [])])


def _free(count: Count) -> str:
    return f"{count.free} of {count.total} nodes free"


def _hints(place: _Place) -> Iterator[tuple[str, str]]:
    """What there is for each field that is a figure."""
    partition, nodes = place.partition, place.nodes
    if partition:
        most = f", at most {partition.max_nodes} for a job" if partition.max_nodes else ""
        yield "nodes", f"{_free(partition.nodes)}{most}"
        if partition.max_walltime:
            yield "walltime", f"at most {limit(partition.max_walltime)}{_if_empty(partition)}"
        elif partition.default_walltime:
            yield "walltime", _if_empty(partition).lstrip(", ")
    elif nodes:
        free = sum(1 for node in nodes if node.cores.free)
        yield "nodes", _free(Count(len(nodes), free))
    if nodes:
        yield "cores", _range([node.cores for node in nodes], str)
        yield "memory", _range([node.memory_mb for node in nodes], _round)
        has_gpus = any(node.gpus.total for node in nodes)
        none = f"none in {place.name}"
        yield "gpus", _range([node.gpus for node in nodes], str) if has_gpus else none


def _if_empty(partition: Partition) -> str:
    given = partition.default_walltime
    return f", {limit(given)} if it is left empty" if given else ""


def _round(megabytes: int) -> str:
    """Rounded down to what is easily read."""
    return memory(megabytes if megabytes < 10 * 1024 else megabytes // 1024 * 1024)


def _range(counts: Sequence[Count], show: Callable[[int], str]) -> str:
    """What nodes have, and what is free on the one that has most."""
    least, most = min(one.total for one in counts), max(one.total for one in counts)
    has = show(most) if least == most else f"{show(least)} to {show(most)}"
    return f"a node has {has}, at most {show(max(one.free for one in counts))} free"


def _excesses(asked: _Asked, place: _Place) -> Iterator[tuple[str, str]]:
    partition, nodes = place.partition, place.nodes
    most = partition.nodes.total if partition else len(nodes)
    if asked.nodes > most > 0:
        yield "nodes", f"{place.name} has {most} {'node' if most == 1 else 'nodes'}."
    elif partition and partition.max_nodes and asked.nodes > partition.max_nodes:
        yield "nodes", f"A job in {place.name} has at most {partition.max_nodes}."
    if partition and partition.max_walltime and asked.walltime > partition.max_walltime:
        yield "walltime", f"{place.name} allows at most {limit(partition.max_walltime)}."
    for name, wanted, has in (
        ("cores", asked.cores, [node.cores.total for node in nodes]),
        ("gpus", asked.gpus, [node.gpus.total for node in nodes]),
    ):
        if has and wanted > max(has):
            yield name, f"No node of {place.name} has more than {max(has)}."
    memories = [node.memory_mb.total for node in nodes]
    if memories and asked.memory > max(memories):
        yield "memory", f"No node of {place.name} has more than {_round(max(memories))}."


def _of_account(account: str, place: _Place) -> Iterator[tuple[str, str]]:
    allowed = place.partition.accounts if place.partition else ()
    if account and allowed and account not in allowed:
        yield "account", f"{place.name} takes jobs of {', '.join(allowed[:_MOST_NAMED])} alone."


def _uncounted(form: Form) -> Sequence[str]:
    """What a form asks for that decides where its job fits and is not counted here, in words."""
    lines = [line for line in form.command.splitlines() if line.startswith("#SBATCH")]
    found = {
        "the script's #SBATCH lines": any(not _HARMLESS.fullmatch(line) for line in lines),
        "tasks": bool(form.tasks),
        "a dependency": bool(form.dependency),
        "further options": bool(form.options),
    }
    return [words for words, is_there in found.items() if is_there]


def _start(asked: _Asked, place: _Place, view: ClusterView, uncounted: Sequence[str]) -> str:
    """Whether there is room for the job now."""
    wanted = asked.nodes or 1
    fitting = sum(
        node.cores.free >= max(1, asked.cores)
        and node.memory_mb.free >= asked.memory
        and node.gpus.free >= asked.gpus
        for node in place.nodes
    )
    ahead = sum(
        job.state.is_queued and not job.is_held and job.partition in ("", place.name)
        for job in view.queue
    )
    if not place.nodes:
        return ""
    if uncounted:
        return f"Room for it now is not counted, because of {', '.join(uncounted)}. {_ASK}"
    if fitting < wanted:
        return f"{_room(fitting, place)}, and it asks for {wanted}: it would wait. {_ASK}"
    if ahead:
        jobs = "1 job waits" if ahead == 1 else f"{ahead} jobs wait"
        return f"{_room(fitting, place)}, but {jobs} there. {_ASK}"
    return f"{_room(fitting, place)}: it could start at once."


def _room(count: int, place: _Place) -> str:
    has = {0: "No node", 1: "1 node"}.get(count, f"{count} nodes")
    return f"{has} of {place.name} {'have' if count > 1 else 'has'} room for it now"
