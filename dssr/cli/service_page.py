"""A service, and lists of services, in lines for people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from dssr.cli.printable import padded, printable
from dssr.cli.table import Column, without_empty
from dssr.cli.wording import counted, duration, moment, size

_COLOURS = {
    **{"ready": "green", "failed": "red", "stopped": "red", "unhealthy": "red"},
    **{"starting": "yellow", "handing-over": "blue", "restarting": "yellow"},
}
_LABEL = 14  # columns
_INCIDENTS = 8
_COLUMNS = (
    *(Column("NAME"), Column("STATE", paint=lambda cell: painted(cell))),
    *(Column("GENERATION", priority=4), Column("JOB", priority=3), Column("NODE", priority=2)),
    *(Column("LEFT", priority=5), Column("STARTED BY", priority=6), Column("ADDRESS", priority=1)),
)
Service = Mapping[str, Any]


def painted(state: str) -> str:
    """A state in its colour."""
    return click.style(state, fg=_COLOURS.get(state))


def table(services: Sequence[Service], width: int | None) -> list[str]:
    """A service a line."""
    return without_empty(_COLUMNS, list(map(_row, services)), width)


def _row(one: Service) -> list[str]:
    numbers = [str(one[name] or "") for name in ("generation", "job", "node")]
    left = duration(one["walltime_left_seconds"])
    return [one["name"], one["state"], *numbers, left, one["started_by"], one["url"] or ""]


def waiting(one: Service) -> str:
    """A line about a service that is not ready: its state and why."""
    now = datetime.now().astimezone()
    job = f"job {one['job']}" if one["job"] else ""
    why = f"waits ({one['reason']})" if one["reason"] else ""
    expected = moment(one["expected_start_at"], now)
    start = f"expected to start {expected}" if expected and not one["node"] else ""
    node = f"on {one['node']}" if one["node"] else ""
    parts = (one["name"], one["state"], job, why, start, node, one["problem"] or "")
    return printable("  ".join(part for part in parts if part))


def lines(one: Service) -> Iterator[str]:
    """All about a service."""
    now = datetime.now().astimezone()
    yield f"{click.style(printable(one['name']), bold=True)}  {painted(one['state'])}"
    for sentence in (one["why"], one["problem"]):
        if sentence:
            yield f"  {printable(sentence)}"
    for label, value in (*_address(one), *_job(one, now), *_traffic(one)):
        if value:
            yield f"  {padded(label, _LABEL)}{printable(str(value))}"
    for warning in one["warnings"]:
        yield f"  {click.style('Warning:', fg='red')} {printable(warning)}"
    if one["incidents"]:
        yield "Last incidents"
    for incident in one["incidents"][:_INCIDENTS]:
        yield f"  {moment(incident['at'], now)}  {printable(_incident(incident))}"
    if one["last_lines"]:
        yield "Last lines of output"
        yield from (f"  {printable(line)}" for line in one["last_lines"])


def _incident(incident: Mapping[str, Any]) -> str:
    number = incident["generation"]
    return f"generation {number}: {incident['what']}" if number else str(incident["what"])


def _address(one: Service) -> Iterator[tuple[str, Any]]:
    yield "for browsers", one["browser_url"]
    yield "for programs", one["url"]


def _job(one: Service, now: datetime) -> Iterator[tuple[str, Any]]:
    yield "generation", one["generation"]
    yield "job", one["job"]
    yield "waits", one["reason"]
    yield "expected", moment(one["expected_start_at"], now)
    yield "node", one["node"]
    yield "health", one["health"]
    yield "since", moment(one["since"], now)
    yield "time left", duration(one["walltime_left_seconds"])
    yield "successor", _successor(one["successor"], now)
    yield "lead", duration(one["lead_seconds"])
    yield "started by", one["started_by"]
    yield "team", one["team"]
    yield "folder", one["folder"]


def _successor(found: Service | None, now: datetime) -> str:
    if found is None:
        return ""
    starts = moment(found["expected_start_at"], now)
    parts = (f"job {found['job']}", found["state"], f"starts {starts}" if starts else "")
    return "  ".join(part for part in parts if part)


def _traffic(one: Service) -> Iterator[tuple[str, str]]:
    yield "connections", "" if one["connections"] is None else str(one["connections"])
    if one["bytes_out"] is not None:
        yield "received", size(one["bytes_in"])
        yield "sent", size(one["bytes_out"])
    yield "cut", counted(one["cut"] or None, "connection")
