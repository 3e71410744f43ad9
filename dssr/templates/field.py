"""A field of a template: what it is called, and what it may hold. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dssr.job import LIMIT_FORMS, time_limit

# What fields of the submission form hold. A template's field with one of these names is that field;
# any other is the template's own.
JOB_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("name", "partition", "account", "qos", "image", "working_directory"), "text"),
    **dict.fromkeys(("modules", "arguments", "mail_type", "mail_user", "dependency"), "text"),
    **dict.fromkeys(("nodes", "tasks", "cores", "gpus"), "integer"),
    "memory": "memory",
    "walltime": "time",
    "exclusive": "flag",
    "options": "text",
    "environment": "lines",
    "labels": "lines",
}
OWN_TYPES = ("text", "integer", "number", "flag", "file")
NAME = re.compile("[a-z][a-z0-9_]{0,39}")
LONGEST = 1000  # characters of a value of one line
_LONGEST_LINES = 100_000
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MB = {"K": 1 / 1024, "M": 1, "": 1, "G": 1024, "T": 1024 * 1024}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. ``min`` and ``max`` are written as values are; empty: no bound."""

    name: str
    type: str = "text"
    label: str = ""
    help: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    min: str = ""
    max: str = ""
    required: bool = False
    locked: bool = False  # it has its default, whatever a request says

    @property
    def title(self) -> str:
        """What it is called in the page."""
        return self.label or self.name.replace("_", " ").capitalize()

    @property
    def is_own(self) -> bool:
        """Whether it is the template's own, and no field of every job."""
        return self.name not in JOB_FIELDS

    @property
    def variable(self) -> str:
        """The variable in which the script finds it, where it is the template's own."""
        return f"FIELD_{self.name.upper()}"

    @property
    def bounds(self) -> str:
        """What it may hold, in words; empty where there are no bounds."""
        if self.min and self.max:
            return f"{self.min} to {self.max}"
        return f"at least {self.min}" if self.min else f"at most {self.max}" if self.max else ""


def mistake(field: Field, value: str) -> str:
    """What is wrong with a value, as a sentence; empty: nothing is."""
    if field.locked and value != field.default:
        return f"The template sets this: it is {field.default!r} and stays so."
    if not value:
        return "Fill this in." if field.required else ""
    if field.choices and value not in field.choices:
        return f"{value[:60]!r} is no choice: choose one of {', '.join(field.choices)}."
    if field.type == "lines":
        too_long = len(value) > _LONGEST_LINES or "\0" in value
        return "This is too long, or no text." if too_long else ""
    if len(value) > LONGEST or _UNPRINTABLE.search(value):
        return f"Write one line of at most {LONGEST} printable characters."
    return _beyond(field, value)


def _beyond(field: Field, value: str) -> str:
    """What is wrong with a number or an amount."""
    if field.type not in _AMOUNTS:
        return ""
    amount_of, sentence = _AMOUNTS[field.type]
    amount = amount_of(value)
    if amount is None:
        return f"{value[:60]!r} {sentence}"
    low, high = (amount_of(bound) if bound else None for bound in (field.min, field.max))
    if (low is not None and amount < low) or (high is not None and amount > high):
        return f"{value[:60]} is out of bounds: write {field.bounds}."
    return ""


def _whole(text: str) -> float | None:
    return int(text) if re.fullmatch("[+-]?[0-9]{1,15}", text) else None


def _number(text: str) -> float | None:
    is_number = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?", text)
    return float(text) if is_number else None


def _megabytes(text: str) -> float | None:
    match = re.fullmatch("([1-9][0-9]{0,8})([KMGT]?)", text)
    return int(match[1]) * _MB[match[2]] if match else None


def _seconds(text: str) -> float | None:
    try:
        limit = time_limit(text)
    except ValueError:
        return None
    return float("inf") if limit is None else limit


_AMOUNTS: Mapping[str, tuple[Callable[[str], float | None], str]] = {
    "integer": (_whole, "is no whole number."),
    "number": (_number, "is no number: write one such as 0.5 or 1e-6."),
    "memory": (_megabytes, "is no amount of memory: write 500M, 4G or 1T, with no blank."),
    "time": (_seconds, f"is no time limit: write {LIMIT_FORMS}."),
}
