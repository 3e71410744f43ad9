"""Times, amounts and states as pages show them. Pure."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

# The shape says the same as the colour: not all people see that.
_LOOKS = {
    "PENDING": ("waits", "◔"),
    "HELD": ("waits", "‖"),
    "REQUEUED": ("waits", "↻"),
    "RUNNING": ("runs", "▶"),
    "COMPLETING": ("runs", "▷"),
    "SUSPENDED": ("runs", "⏸"),
    "COMPLETED": ("well", "✓"),
    "CANCELLED": ("ended", "⊘"),
    "UNKNOWN": ("unknown", "?"),
    "LOST": ("unknown", "?"),
}
_FAILED = ("failed", "✗")
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_KB = 1024


@dataclass(frozen=True)
class Look:
    """How a state looks. ``kind``: a word of the style sheet."""

    kind: str
    shape: str


def look_of(state: str) -> Look:
    """How a state of the API looks."""
    return Look(*_LOOKS.get(state, _FAILED))


def duration(seconds: float | None) -> str:
    """A duration in its two largest units."""
    if seconds is None:
        return ""
    parts: list[str] = []
    left = max(0, int(seconds))
    for unit, size in _UNITS:
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size} {unit}")
            left %= size
        elif parts:
            break
    return " ".join(parts[:2])


def amount(count: int | None, unit: str) -> str:
    """So many of something; empty where the number is unknown."""
    if count is None:
        return ""
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def size(count: int | None) -> str:
    """A number of bytes."""
    if count is None:
        return ""
    value, units = float(count), iter(("bytes", "KB", "MB", "GB", "TB", "PB"))
    unit = next(units)
    while value >= _KB and unit != "PB":
        value, unit = value / _KB, next(units)
    return f"{count:,} bytes" if unit == "bytes" else f"{value:.3g} {unit}"


def megabytes(count: int | None) -> str:
    """A number of megabytes, as schedulers count memory."""
    return "" if count is None else size(count * _KB * _KB)


def utc(seconds: float | None) -> str:
    """A time for people, in UTC."""
    if seconds is None:
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def rfc3339(seconds: float) -> str:
    """The same for programs."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


FILTERS: Mapping[str, object] = {
    "amount": amount,
    "duration": duration,
    "look": look_of,
    "megabytes": megabytes,
    "rfc3339": rfc3339,
    "size": size,
    "utc": utc,
}
