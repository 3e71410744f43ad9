"""What is known of a service -> the API's documents. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dssr.seams.services import Generation
from dssr.services.chain import Failure, is_over
from dssr.services.sight import Sight

_INCIDENTS = 20


def document(sight: Sight, addresses: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A service. ``addresses``: ``url`` and ``browser_url``, where a front has it."""
    view, chain = sight.view, sight.chain
    shown = chain.current or chain.successor
    beat = shown.heartbeat if shown else None
    waits = shown is not None and not shown.began
    return {
        "name": view.spec.name,
        "state": chain.state,
        "why": chain.why,
        **(addresses or {"url": None, "browser_url": None}),
        "path": view.spec.path,
        "generation": shown.number if shown else None,
        "job": (shown.job or None) if shown else None,
        "node": shown.address.node if shown and shown.address else None,
        "health": _health(sight, shown),
        "since": _moment(shown.address.since) if shown and shown.address else None,
        "reason": (shown.reason or None) if shown and waits else None,
        "expected_start_at": _moment(shown.expected_start) if shown and waits else None,
        "walltime_left_seconds": _whole(chain.walltime_left),
        "lead_seconds": beat.lead if beat else None,
        "successor": _successor(sight),
        "connections": _connections(sight, shown),
        "bytes_in": sight.front.get("bytes_in"),
        "bytes_out": sight.front.get("bytes_out"),
        "cut": sight.front.get("cut"),
        "incidents": list(_incidents(sight)),
        "last_lines": _last_lines(sight),
        "started_by": chain.started_by,
        "team": view.spec.team or None,
        "folder": view.folder,
        "warnings": list(chain.warnings),
        "failure": _failure(chain.failure),
        "problem": sight.refused or sight.error or _unconnected(sight) or None,
    }


def _health(sight: Sight, shown: Generation | None) -> str | None:
    """As the front sees the program; without a front, as its job does."""
    if sight.front.get("target"):
        return str(sight.front["health"]["state"])
    return shown.heartbeat.health if shown and shown.heartbeat else None


def _unconnected(sight: Sight) -> str:
    """Why the front has no connection to a login node, and what to do."""
    forwards = sight.front.get("forwards") or {}
    if forwards.get("connected", True) or not forwards.get("error"):
        return ""
    if not forwards.get("needs_person"):
        return f"The address leads nowhere now: {forwards['error']}"
    return (
        "The address leads nowhere now: the login node wants what a person has to give. Run "
        f"'dssr service connect {sight.view.spec.name}' on a terminal, which asks for it. "
        f"({forwards['error']})"
    )


def _successor(sight: Sight) -> dict[str, Any] | None:
    chain, view = sight.chain, sight.view
    beat = chain.current.heartbeat if chain.current else None
    found = chain.successor
    if found is None or chain.current is None:
        return None
    starts = found.expected_start or (beat.due if beat else None)
    return {
        "generation": found.number,
        "job": found.job or None,
        "state": found.listed or (beat.successor_state if beat else None),
        "reason": found.reason or None,
        "expected_start_at": None if is_over(found, view) else _moment(starts),
    }


def _failure(found: Failure | None) -> dict[str, Any] | None:
    if found is None:
        return None
    one = found.generation
    lines = list(one.end.lines) if one.end else []
    return {
        "generation": one.number, "job": one.job or None, "why": found.why, "last_lines": lines,
    }  # fmt: skip


def _connections(sight: Sight, shown: Generation | None) -> int | None:
    if sight.front:
        return int(sight.front["open"])
    return shown.heartbeat.connections if shown and shown.heartbeat else None


def _incidents(sight: Sight) -> Iterator[dict[str, Any]]:
    """What the jobs and the front have noted, the newest first."""
    found: list[tuple[float, dict[str, Any]]] = [
        (at, {"at": _moment(at), "generation": generation.number, "what": what})
        for generation in sight.view.generations
        for at, what in generation.events
    ]
    for one in sight.front.get("incidents", ()):
        what = f"{one['target']} is {one['state']}. {one['reason']}".rstrip()
        found.append((one["at"], {"at": _moment(one["at"]), "generation": None, "what": what}))
    yield from (one for _, one in sorted(found, key=lambda pair: -pair[0])[:_INCIDENTS])


def _last_lines(sight: Sight) -> list[str]:
    """What the last generation printed last, if the service has failed or ended."""
    if not sight.is_over:
        return []
    ends = (g.end for g in sight.view.generations if g.end and g.end.lines)
    return list(next((end.lines for end in ends), ()))


def _moment(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
