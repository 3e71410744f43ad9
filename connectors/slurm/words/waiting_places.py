"""Nodes that are away and reservations that are in the way, as sinfo and scontrol show them.
Pure."""

from connectors.slurm.words.fields import fields
from connectors.slurm.words.figures import when
from connectors.slurm.words.findings import Findings

_AWAY = ("down", "drain", "fail", "maint", "reboot", "power", "unk", "no_resp", "block", "future")
_MOST = 5


def away_sentences(found: Findings) -> list[str]:
    """``%N|%T|%u|%H|%E``: one sentence for each node that cannot be used, with who took it away and
    why; at most five, and how many more there are."""
    rows = [row for row in found.lines("nodes") if len(row) == 5 and is_away(row[1])]
    unique = list({row[0]: row for row in rows}.values())
    sentences = [_node_sentence(*row) for row in unique[:_MOST]]
    more = len(unique) - _MOST
    return [*sentences, f"{more} more nodes are away."] if more > 0 else sentences


def is_away(state: str) -> bool:
    """sinfo(1), NODE STATE CODES; ``*`` is a node that does not respond."""
    return state.startswith(_AWAY) or state.endswith("*")


def _node_sentence(node: str, state: str, user: str, since: str, reason: str) -> str:
    who = "" if user in ("Unknown", "") else f" by {user}"
    at = f" since {when(since)}" if since.isdecimal() else ""
    silent = " and does not respond" if state.endswith("*") else ""
    why = "" if reason in ("none", "") else f": {_printable(reason)}"
    return f"Node {node} is {state.rstrip('*')}{silent}{at}{who}{why}."


def reservation_sentences(found: Findings, head: str) -> list[str]:
    """The reservation that the job names; for a job that a reservation keeps out, each one."""
    named = found.job.get("Reservation", "")
    if not named and head not in ("ReqNodeNotAvail", "Resources", "Priority"):
        return []
    blocks = found.sections.get("reservations", "").split("ReservationName=")[1:]
    shown = [(block.split()[0], fields(block)) for block in blocks if block.split()]
    wanted = [(name, kv) for name, kv in shown if not named or name == named]
    if named and not wanted:
        return [f"Slurm shows no reservation {named}."]
    return [_reservation_sentence(name, kv) for name, kv in wanted[:_MOST]]


def _reservation_sentence(name: str, kv: dict[str, str]) -> str:
    kind = " (for maintenance)" if "MAINT" in kv.get("Flags", "") else ""
    times = f"from {when(kv.get('StartTime', ''))} to {when(kv.get('EndTime', ''))}"
    return f"Reservation {name}{kind} holds the nodes {kv.get('Nodes') or '(none)'} {times}."


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:200]
