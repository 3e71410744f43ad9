"""The place in the upstream's script where the bridge puts its parameters.

The upstream writes its scripts as Python format strings with one field,
``{DOWNSTREAM_PARAMETERS}``; users write plain shell, in which braces mean something else.
``str.format`` itself is never called: a field such as ``{DOWNSTREAM_PARAMETERS:>999999999}`` would
fill the memory.
"""

from dataclasses import dataclass
from string import Formatter

from dssr.errors import TooLarge

FIELD = "DOWNSTREAM_PARAMETERS"
PLACEHOLDER = "{" + FIELD + "}"
# Characters of a filled-in script: thousands of placeholders would multiply the parameters.
LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Template:
    """A script, cut at its placeholders."""

    parts: tuple[str, ...]

    @property
    def has_placeholder(self) -> bool:
        """Whether there is anything to fill in."""
        return len(self.parts) > 1

    @property
    def lines(self) -> str:
        """The script's own lines. The parameters begin and end with a newline, so a placeholder
        ends a line."""
        return "\n".join(self.parts)

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


def parse(source: str) -> Template:
    """Cut ``source`` at its placeholders.

    It is read as a format string, ``{{`` and ``}}`` as single braces, if it is a valid one and has
    no field but the bare placeholder. Otherwise (no field at all, or shell such as ``${X}``) it is
    left as it is, and cut where the literal placeholder is.
    """
    return Template(_of_format_string(source) or tuple(source.split(PLACEHOLDER)))


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
