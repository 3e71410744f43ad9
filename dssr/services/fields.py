"""The members of a JSON object that configures a process, checked one by one. Pure."""

import re
from collections.abc import Callable
from dataclasses import MISSING, field, fields
from typing import Any

Parse = Callable[[Any], Any]


def number(low: float, high: float) -> Parse:
    """A number from ``low`` to ``high``."""

    def parse(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("must be a number")
        if not low <= value <= high:
            raise ValueError(f"must be from {low:g} to {high:g}")
        return value

    return parse


def whole(low: int, high: int) -> Parse:
    """A whole number from ``low`` to ``high``."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def kind(kind: type, word: str) -> Parse:
    """A value of that type, which the ``word`` names."""

    def parse(value: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError(f"must be {word}")
        return value

    return parse


def words(value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError("must be a list of texts")
    return tuple(value)


def matching(pattern: re.Pattern[str], rule: str) -> Parse:
    """A text that matches all of the pattern; the ``rule`` says what is right."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(rule)
        return value

    return parse


def of(parse: Parse, default: Any = MISSING, **options: Any) -> Any:
    """A member that is checked by ``parse``, which raises ``ValueError`` with what is right."""
    return field(default=default, metadata={"parse": parse}, **options)


def parsed(cls: Any, given: Any) -> tuple[dict[str, Any], list[str]]:
    """The members of an object of that class, and a sentence about each that is wrong."""
    if not isinstance(given, dict):
        return {}, ["The configuration is not a JSON object."]
    known = {one.name: one for one in fields(cls)}
    problems = [f"'{name}' is not known: remove it." for name in given if name not in known]
    values = {}
    for name, one in known.items():
        if name in given:
            try:
                values[name] = one.metadata["parse"](given[name])
            except ValueError as error:
                problems.append(f"'{name}' {error}.")
        elif one.default is MISSING and one.default_factory is MISSING:
            problems.append(f"'{name}' is missing.")
    return values, problems
