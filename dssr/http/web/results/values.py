"""``results.json``: the values that a job found, and those of two jobs side by side. Pure."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from dssr.http.web.results.json_object import object_of
from dssr.http.web.results.unreadable import Unreadable

Value = str | int | float | bool | None
_LARGEST = 1024 * 1024  # bytes
_MOST = 1000
_SMALLEST = 0.01  # percent of a change that is shown
_LONGEST = 1000  # characters of a value that are shown


@dataclass(frozen=True)
class Row:
    """A value of two jobs as text; empty where a job does not have it."""

    name: str
    one: str
    other: str
    differs: bool
    change: str  # from the one to the other: "+1.5 (+10 %)"; empty where they are no numbers


def read_values(data: bytes) -> dict[str, Value]:
    """The values by name, in the file's order. Raises ``Unreadable`` for anything but one flat
    object."""
    found = object_of(data, _LARGEST, '{"energy": -1.5}')
    if nested := [name for name, value in found.items() if isinstance(value, dict | list)]:
        names = ", ".join(repr(name[:60]) for name in nested[:5])
        raise Unreadable(f"{names}: each value must be a text, a number, true, false or null.")
    if len(found) > _MOST:
        raise Unreadable(f"The file has {len(found)} values: at most {_MOST} are shown.")
    return found


def text_of(value: Value) -> str:
    """A value as people read it."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def side_by_side(one: Mapping[str, Value], other: Mapping[str, Value]) -> list[Row]:
    """The values of both jobs, in the order of the one and then of the other."""
    return [
        Row(
            name,
            text_of(one[name]) if name in one else "",
            text_of(other[name]) if name in other else "",
            differs=name not in one or name not in other or not _equal(one[name], other[name]),
            change=_change(one.get(name), other.get(name)),
        )
        for name in dict.fromkeys((*one, *other))
    ]


def _equal(one: Value, other: Value) -> bool:
    """``true`` is not 1 here, and NaN is the same as itself."""
    both_numbers = _is_number(one) and _is_number(other)
    return text_of(one) == text_of(other) or (both_numbers and one == other)


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _percent(change: float) -> str:
    return f"{change:+.2f} %" if abs(change) >= _SMALLEST else f"less than {_SMALLEST} %"


def _change(one: Value, other: Value) -> str:
    if not _is_number(one) or not _is_number(other) or one == other:
        return ""
    try:
        by = float(other) - float(one)
        percent = f" ({_percent(100 * by / abs(one))})" if one else ""
    except OverflowError:
        return ""
    return f"{by:+.6g}{percent}" if math.isfinite(by) else ""
