"""The fields of a form as a browser sends them, and what is wrong with which of them. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FilledFields:
    """A form that a user has filled in. ``problems``: a sentence for each field that is wrong."""

    values: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What a field says; empty where it is empty or not there."""
        return self.values.get(name, "").strip()

    def read(self, name: str, parse: Callable[[str], Any], empty: Any) -> Any:
        """What ``parse`` makes of a field, or ``empty`` where that says nothing. A ``ValueError``
        of ``parse`` is the field's problem."""
        text = self.text(name)
        try:
            return parse(text) if text else empty
        except ValueError as error:
            self.problems[name] = f"{error}"
            return empty
