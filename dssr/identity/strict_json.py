"""JSON that means one thing only: an object without repeated names and with real numbers."""

import json
from typing import Any, NoReturn


def read(data: bytes) -> dict[str, Any]:
    """The object that ``data`` holds.

    Raises ``ValueError`` for anything else: no JSON, no UTF-8, another type, a name that is there
    twice (readers differ in which one they take), NaN and Infinity, nesting without end.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_refuse_number
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name is in it twice")
    return values


def _refuse_number(word: str) -> NoReturn:
    raise ValueError("it holds a number that is none")
