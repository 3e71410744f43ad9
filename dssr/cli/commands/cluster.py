"""``dssr cluster``: the cluster, its partitions, its nodes, and its queue."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from dssr.cli import job_list, terminal
from dssr.cli.command import Command, Word
from dssr.cli.exits import DONE, UNREACHABLE
from dssr.cli.invocation import Invocation
from dssr.cli.printable import padded, printable, printable_lines
from dssr.cli.table import Column, without_empty
from dssr.cli.wording import duration, megabytes, moment
from dssr.client.documents import ClusterAbout, Counts, Node, Partition, QueuedJob

_PARTITIONS = (
    *(Column("PARTITION"), Column("STATE"), Column("NODES"), Column("CORES")),
    *(Column("MEMORY", priority=2), Column("GPUS", priority=1)),
    *(Column("TIME LIMIT", priority=3), Column("ACCOUNTS", priority=4, least=8)),
)
_NODES = (
    *(Column("NODE"), Column("STATE"), Column("CORES", priority=1)),
    *(Column("MEMORY", priority=2), Column("GPUS", priority=3)),
    *(Column("PARTITIONS", priority=5, least=8), Column("FEATURES", priority=6, least=8)),
    *(Column("SINCE", priority=4), Column("REASON", least=12, priority=1)),
)


@click.command(cls=Command)
@click.argument(
    "what", type=Word(("about", "partitions", "nodes", "queue")), default="about",
    metavar="[about|partitions|nodes|queue]",
)  # fmt: skip
@click.pass_obj
def command(invocation: Invocation, what: str) -> int:
    """Show the cluster: whether it answers, partitions, nodes, the queue.

    'about' says whether the cluster answers (else the exit code is 4); 'queue' shows the jobs of
    all users. Free and all there are of nodes, cores, memory and GPUs are shown as FREE/ALL.
    """
    client = invocation.client()
    if what == "about":
        return _show(invocation, client.cluster())
    items: list[Any] = getattr(client, what)()
    if invocation.as_json:
        invocation.print_document({"items": items, "next": None})
    else:
        click.echo("\n".join(_LINES[what](items)))
    return DONE


def _show(invocation: Invocation, about: ClusterAbout) -> int:
    if invocation.as_json:
        invocation.print_document(about)
    else:
        click.echo("\n".join(_about(about)))
    return DONE if about["reachable"] else UNREACHABLE


def _whose(name: str) -> str:
    """``ACCOUNT``, ``ACCOUNT/USER`` or ``ACCOUNT/USER/PARTITION`` in words."""
    kinds = ("account", "user", "partition")
    return ", ".join(f"{kind} {word}" for kind, word in zip(kinds, name.split("/"), strict=False))


def _about(about: ClusterAbout) -> Iterator[str]:
    name = printable(f"{about['scheduler']} {about['version']}".strip())
    state = click.style("answers", fg="green")
    if not about["reachable"]:
        state = click.style("does not answer", fg="red")
    yield f"{click.style(name, bold=True)}  {state}"
    limits = [("the site", about["limits"]["site"])]
    limits += [(_whose(name), found) for name, found in about["limits"]["accounts"].items()]
    rows = [
        ("host", about["host"]),
        ("connector", about["connector"]),
        ("executor", about["executor"]),
        ("can do", ", ".join(about["features"])),
        *((f"limits of {name}", ", ".join(map("=".join, found.items()))) for name, found in limits),
    ]
    width = max(len(label) for label, _ in rows) + 2
    for label, value in rows:
        if value:
            yield f"  {padded(label, width)}{printable(value)}"
    for sentence in (about["problem"], *about["notes"]):
        if sentence:
            yield from ("", printable_lines(sentence))


def _of(counts: Counts) -> str:
    return f"{counts['free']}/{counts['total']}" if counts["total"] else ""


def _memory(counts: Counts) -> str:
    if not counts["total"]:
        return ""
    return f"{megabytes(counts['free'])}/{megabytes(counts['total'])}"


def _partitions(items: Sequence[Partition]) -> list[str]:
    return without_empty(_PARTITIONS, list(map(_partition, items)), terminal.columns())


def _nodes(items: Sequence[Node]) -> list[str]:
    now = datetime.now().astimezone()
    return without_empty(_NODES, [_node(item, now) for item in items], terminal.columns())


def _queue(items: Sequence[QueuedJob]) -> list[str]:
    return job_list.lines(items, "table", terminal.columns())


_LINES: dict[str, Callable[[Any], list[str]]] = {
    "partitions": _partitions,
    "nodes": _nodes,
    "queue": _queue,
}


def _partition(item: Partition) -> tuple[str, ...]:
    return (
        item["name"] + ("*" if item["is_default"] else ""),
        item["state"],
        _of(item["nodes"]),
        _of(item["cores"]),
        _memory(item["memory_mb"]),
        _of(item["gpus"]),
        duration(item["max_walltime_seconds"]) or "none",
        ",".join(item["accounts"]),
    )


def _node(item: Node, now: datetime) -> tuple[str, ...]:
    return (
        item["name"],
        item["state"],
        _of(item["cores"]),
        _memory(item["memory_mb"]),
        _of(item["gpus"]),
        ",".join(item["partitions"]),
        ",".join(item["features"]),
        moment(item["since"], now),
        item["reason"],
    )
