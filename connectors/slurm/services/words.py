"""What the program ``service_look`` prints -> the services. Pure."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.slurm.words.reasons import never_starts, reason_of
from connectors.slurm.words.states import epoch_of, listed_state, nodes_of
from dssr.errors import BadRequest
from dssr.job import JobState
from dssr.seams.services import (
    Address,
    Exposure,
    Generation,
    GenerationEnd,
    Heartbeat,
    How,
    ServiceView,
)
from dssr.service import ServiceSpec

Lines = Mapping[str, Sequence[str]]


def services(text: str) -> Sequence[ServiceView]:
    """The services, each with its newest generations. One whose spec.json cannot be read is left
    out."""
    head, *parts = ("\n" + text).split("\nservice ")
    body, listing, queue = "\nservice ".join(parts).rpartition("\nlisted\n")
    me = _lines(head.split("\n")).get("me", [""])[0]
    rows = _rows(queue) if listing else None
    found = (_service(part, me, rows) for part in (body or queue).split("\nservice ") if part)
    return [service for service in found if service is not None]


def _lines(rows: Sequence[str]) -> Lines:
    lines: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        word, _, value = row.partition(" ")
        lines[word].append(value)
    return lines


def _service(text: str, me: str, rows: Mapping[str, Sequence[str]] | None) -> ServiceView | None:
    head, *parts = text.split("\ngeneration ")
    folder, *others = head.split("\n")
    lines = _lines(others)
    try:
        spec = ServiceSpec.from_json(lines.get("spec", [""])[0])
        now = float(lines["now"][0])
    except (BadRequest, IndexError):
        return None
    generations = [_listed(_generation(part), spec.name, me, rows) for part in parts]
    version = lines["current"][0].removeprefix("versions/")
    down, beforehand = int(lines["down"][0]), lines.get("beforehand", [""])[0].strip()
    return ServiceView(folder, now, spec, version, generations, down, beforehand)


def _generation(text: str) -> Generation:
    number, *rows = text.split("\n")
    lines = _lines(rows)

    def first(word: str) -> str:
        return (lines.get(word) or [""])[0]

    begun = first("begun")
    found = Generation(
        int(number),
        first("user"),
        first("elected"),
        int(first("after")) if first("after") else None,
        first("version").removeprefix("versions/"),
        float(first("asked")) if first("asked") else None,
        begun not in ("", "abandoned"),
        int(first("took")) if first("took") else None,
        _address(first("address"), first("secret")),
        _heartbeat(first("heartbeat"), first("beat")),
        _end(lines.get("end", [])),
        events=tuple(_events(lines.get("event", []))),
    )
    if begun == "abandoned" and found.end is None:
        return replace(found, end=GenerationEnd(How.ABANDONED, "It is not to begin.", 0.0))
    return found


def _object(text: str) -> Mapping[str, Any]:
    """Of a file that is only ever renamed into place; empty where there is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _address(text: str, secret: str) -> Address | None:
    members = _object(text)
    try:
        return Address(
            members["job"],
            members["node"],
            int(members["port"]),
            float(members["since"]),
            Exposure(members["exposure"]),
            secret if members["preface"] else "",
        )
    except (KeyError, ValueError):
        return None


def _heartbeat(text: str, at: str) -> Heartbeat | None:
    members = _object(text)
    try:
        return Heartbeat(
            float(at),
            members["health"],
            members["status"],
            float(members["ends"]),
            members["lead"],
            members["due"],
            members["successor"],
            _state(members["successor_state"]),
            members["failures"],
            members["connections"],
        )
    except (KeyError, ValueError):
        return None


def _state(word: str) -> JobState:
    return JobState(word) if word in JobState.__members__.values() else JobState.UNKNOWN


def _end(rows: Sequence[str]) -> GenerationEnd | None:
    try:
        how, why, at, *lines = rows
        return GenerationEnd(How(how), why, float(at), tuple(lines))
    except ValueError:
        return None


def _events(rows: Sequence[str]) -> Sequence[tuple[float, str]]:
    pairs = (row.partition(" ") for row in rows)
    return [(float(at), what) for at, _, what in pairs if at.isdecimal()]


def _rows(text: str) -> Mapping[str, Sequence[str]]:
    """squeue's rows by job id: state, time, end, reason, start, nodes, comment."""
    rows = (line.removeprefix("row ").split("|") for line in text.split("\n"))
    return {row[0]: row[1:] for row in rows if len(row) == 8}


def _listed(
    found: Generation, name: str, me: str, rows: Mapping[str, Sequence[str]] | None
) -> Generation:
    """The generation with what squeue lists of its job. Slurm may hide other users' jobs, so that
    only a job of one's own is known to be gone. After a reset, ids begin again from 1."""
    if found.end is not None or not found.job or rows is None:
        return found
    row = rows.get(found.job)
    if row is None or row[-1] != f"dssr-service:{name}:{found.number}:{found.version}":
        return replace(found, listed=None) if found.user == me else found
    state, _, ends, reason, start, listed_nodes, _ = row
    nodes = nodes_of(listed_nodes)
    is_elsewhere = found.address and nodes and found.address.node not in nodes
    return replace(
        found,
        address=None if is_elsewhere else found.address,
        listed=listed_state(state, ends),
        reason="" if reason == "None" else reason,
        stuck=_stuck(reason) if state == JobState.PENDING else "",
        expected_start=epoch_of(start),
        nodes=nodes,
    )


def _stuck(reason: str) -> str:
    if not never_starts(reason):
        return ""
    said = reason_of(reason)
    return f"{said.sentence} {said.cure}"
