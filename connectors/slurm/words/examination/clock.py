"""What ``date '+%s.%N %z'`` prints -> a clock. Pure."""

import re
from dataclasses import dataclass

_CLOCK = re.compile(r"(\d{1,12}\.\d{1,9}) ([+-]\d{4})\s*")
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class Clock:
    """A clock. ``seconds``: since the epoch; ``zone``: as in ``+0100``."""

    seconds: float
    zone: str


def clock_of(text: str) -> Clock | None:
    """``None`` for what is no such line."""
    match = _CLOCK.fullmatch(text)
    return Clock(float(match[1]), match[2]) if match else None


def span(seconds: float) -> str:
    """The two largest units of a duration: ``10 min 2 s``."""
    left, parts = round(seconds), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
