"""Commands that ran side by side -> how many of them the host ran at once. Pure."""

from collections.abc import Sequence


def interval(text: str) -> tuple[float, float] | None:
    """Begin and end, as a command prints them: two lines of seconds since the epoch."""
    try:
        begin, end = map(float, text.split())
    except ValueError:
        return None
    return begin, end


def most_at_once(intervals: Sequence[tuple[float, float]]) -> int:
    """The largest number of intervals that have a moment in common."""
    return max(
        (sum(begin <= moment < end for begin, end in intervals) for moment, _ in intervals),
        default=0,
    )
