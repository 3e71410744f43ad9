"""One value -> one word of an ``#SBATCH`` line. Pure.

sbatch cuts such a line into words by rules of its own (src/sbatch/opt.c, ``_get_argument``):
quotes of both kinds group, a backslash escapes inside of them too, and ``#`` outside of them ends
the line.
"""

import re

_PLAIN = re.compile(r"[A-Za-z0-9_.,/:@%+=^~*\[\]{}()&|;<>?!$-]+")


def directive(option: str, value: str | None) -> str:
    """The line that sets an option. ``value``: one line of printable characters; ``None``: none."""
    return f"#SBATCH --{option}" if value is None else f"#SBATCH --{option}={quoted(value)}"


def quoted(value: str) -> str:
    """The value as sbatch reads it back, whatever characters of one line it has."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
