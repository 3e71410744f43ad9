"""How states, times and sizes are written for people. Pure."""

from datetime import datetime, timedelta

import click

_COLOURS = {
    "RUNNING": "blue",
    "COMPLETING": "blue",
    "COMPLETED": "green",
    "PENDING": "yellow",
    "HELD": "yellow",
    "REQUEUED": "yellow",
    "SUSPENDED": "yellow",
    "UNKNOWN": "magenta",
}
_FAILED = "red"


def painted(state: str) -> str:
    """A state in its colour."""
    return click.style(state, fg=_COLOURS.get(state, _FAILED))


def duration(seconds: float | None) -> str:
    """A time span with its two largest units: ``45s``, ``2m10s``, ``1h02m``, ``3d04h``."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    for large, small, names in ((days, hours, "dh"), (hours, minutes, "hm"), (minutes, rest, "ms")):
        if large:
            return f"{large}{names[0]}{small:02}{names[1]}" if small else f"{large}{names[0]}"
    return f"{rest}s"


def parsed(time: str | None) -> datetime | None:
    """A time of the API, in the time zone of this machine."""
    return datetime.fromisoformat(time).astimezone() if time else None


def moment(time: str | None, now: datetime) -> str:
    """A time of the API as this machine's clock shows it: without what is as now."""
    when = parsed(time)
    if when is None:
        return ""
    if when.date() == now.date():
        return f"{when:%H:%M:%S}"
    is_near = abs(when - now) < timedelta(days=180)
    return f"{when.day} {when:%b %H:%M}" if is_near else f"{when:%Y-%m-%d %H:%M}"


def size(count: float | None) -> str:
    """A number of bytes: ``512 B``, ``1.5 GB``. Units are of 1,024."""
    if count is None:
        return ""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if count < 1024 or unit == "TB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"


def megabytes(count: float | None) -> str:
    """A number of MB: ``4 GB``."""
    return "" if count is None else size(count * 1024**2).replace(".0 ", " ")


def counted(count: int | None, noun: str) -> str:
    """``1 node``, ``2 nodes``; empty where it is not known."""
    return "" if count is None else f"{count} {noun}{'' if count == 1 else 's'}"
