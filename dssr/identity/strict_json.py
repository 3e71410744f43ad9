"""JSON that means one thing only: an object in which no name stands twice, with numbers that are numbers."""

import json
from typing import Any, NoReturn


def read(data: bytes) -> dict[str, Any]:
    """The object that ``data`` holds. Raises ``ValueError`` for anything else: no JSON, no UTF-8, another type, a name twice
    (readers differ in which one counts), NaN and Infinity, nesting without end."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands in it twice")
    return values


def _no_number(word: str) -> NoReturn:
    raise ValueError("it holds a number that is none")
