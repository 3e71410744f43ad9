"""How the upstream's script is written: the place for the bridge's parameters, and its
``KEY=value`` lines.

The upstream writes its scripts as Python format strings with one field,
``{DOWNSTREAM_PARAMETERS}``; users write plain shell, in which braces mean something else.
``str.format`` itself is never called: a field such as ``{DOWNSTREAM_PARAMETERS:>999999999}`` would
fill the memory.
"""

import re
from dataclasses import dataclass
from string import Formatter

from dssr.errors import BadRequest, TooLarge
from dssr.upstream.here_documents import own_lines

FIELD = "DOWNSTREAM_PARAMETERS"
PLACEHOLDER = "{" + FIELD + "}"
# Characters of a filled-in script: thousands of placeholders would multiply the parameters.
LONGEST = 64 * 1024 * 1024

_FIELD = re.compile(r"(JOBOBJ_[A-Z0-9_]*|JARVICE_CPU_CORES|JARVICE_CMD)=(.*)")
_BEGINS = ("JOBOBJ_", "JARVICE_C")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")
LARGEST = 1_000_000_000


@dataclass(frozen=True)
class Template:
    """A script, cut at its placeholders."""

    parts: tuple[str, ...]

    @property
    def has_placeholder(self) -> bool:
        """Whether there is anything to fill in."""
        return len(self.parts) > 1

    def filled(self, parameters: str) -> str:
        """The script with ``parameters`` in each place. Raises ``TooLarge`` when the result would
        be longer than ``LONGEST``."""
        length = sum(map(len, self.parts)) + (len(self.parts) - 1) * len(parameters)
        if length > LONGEST:
            raise TooLarge(
                f"The job script would have {length} characters after {PLACEHOLDER} was filled in "
                f"{len(self.parts) - 1} times: {LONGEST} are allowed, and one place is enough."
            )
        return parameters.join(self.parts)


class Fields:
    """The keys that a script sets, here-documents left out. The first line of a key takes effect;
    an empty value is the same as an absent key."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, str] = {}
        lines = text.split("\n")  # nothing else ends a line
        for line in own_lines(lines) if "<<" in text else lines:
            # A pattern that looks for the lines by itself would look at each character of them.
            if line.startswith(_BEGINS) and (match := _FIELD.fullmatch(line)):
                self._values.setdefault(match[1], match[2].removesuffix("\r"))
        # A script without any is a plain batch script.
        self.describe_a_job = any(key.startswith("JOBOBJ_") for key in self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str:
        """The key's value, empty if absent. Raises ``BadRequest`` for a NUL, which no command or
        variable can hold."""
        value = self._values.get(key, "")
        if "\0" in value:
            raise BadRequest(f"{key} in the job script holds a NUL character: take it out.")
        return value

    def optional(self, key: str) -> str:
        """Like ``text``, for a key where the upstream writes Python's ``None`` for 'none'."""
        value = self.text(key).strip()
        return "" if value == "None" else value

    def whole(self, key: str, low: int, default: int | None = None) -> int:
        """The key's value as a whole number of at least ``low``; ``default`` if absent.

        Raises ``BadRequest`` naming the key when it is not one, and when it is absent and there is
        no default.
        """
        value = self.text(key).strip()
        if not value:
            if default is None:
                raise BadRequest(
                    f"{key} is missing in the job script: add a line {key}= with a whole number, "
                    f"{low} or more."
                )
            return default
        return whole(value, f"{key} in the job script", low)


@dataclass(frozen=True)
class Script:
    """A script, read as the upstream writes it."""

    source: str
    template: Template
    fields: Fields


def parse(source: str) -> Script:
    """Cut ``source`` at its placeholders, and find its fields.

    It is read as a format string, ``{{`` and ``}}`` as single braces, if it is a valid one and has
    no field but the bare placeholder. Otherwise (no field at all, or shell such as ``${X}``) it is
    left as it is, and cut where the literal placeholder is.
    """
    parts = _of_format_string(source) or tuple(source.split(PLACEHOLDER))
    # The parameters begin and end with a newline, so a placeholder ends a line.
    return Script(source, Template(parts), Fields("\n".join(parts)))


def _of_format_string(source: str) -> tuple[str, ...]:
    """The parts, or an empty tuple if ``source`` is not a format string with this field alone."""
    parts: list[str] = []
    pieces: list[str] = []
    try:
        for literal, field, spec, conversion in Formatter().parse(source):
            pieces.append(literal)
            if field is None:
                continue
            if field != FIELD or spec or conversion:
                return ()
            parts.append("".join(pieces))
            pieces.clear()
    except ValueError:
        return ()
    return (*parts, "".join(pieces)) if parts else ()


def whole(value: str, where: str, low: int, high: int = LARGEST) -> int:
    """``value`` as a number from ``low`` to ``high``. Raises ``BadRequest``, with ``where``."""
    if not _NUMBER.fullmatch(value) or not low <= int(value) <= high:
        raise BadRequest(
            f"{where} is {value[:40]!r}: it must be a whole number from {low} to {high}."
        )
    return int(value)
