"""One value -> one word of an ``#SBATCH`` line, and back. Pure.

sbatch cuts such a line into words by rules of its own (src/sbatch/opt.c, ``_get_argument``):
quotes of both kinds group, a backslash escapes inside of them too, and ``#`` outside of them ends
the line.
"""

import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[A-Za-z0-9_.,/:@%+=^~*\[\]{}()&|;<>?!$-]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LINE = re.compile(
    r"#SBATCH[ \t]+(?:--(?P<long>[a-z][a-z0-9-]*)(?:(?P<gap>=|[ \t]+)(?P<value>.*?))?"
    r"|-(?P<short>[A-Za-z])(?:[ \t]*(?P<its>[^-\s].*?))?)[ \t]*"
)


def directive(option: str, value: str | None) -> str:
    """The line that sets an option. ``value``: one line of printable characters; ``None``: none."""
    return f"#SBATCH --{option}" if value is None else f"#SBATCH --{option}={quoted(value)}"


def quoted(value: str) -> str:
    """The value as sbatch reads it back, whatever characters of one line it has."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def option_in(line: str, valued: Mapping[str, str]) -> tuple[str, str | None]:
    """The option that a line sets, with its value.

    ``valued``: options that always take a value, by their letter or long name; others have one only
    behind ``=``. Raises ``ValueError`` where the line has no option or several, or where it can be
    read in more than one way.
    """
    match = _LINE.fullmatch(line)
    name = match and (match["long"] or valued.get(match["short"]))
    if not match or not name or (match["gap"] not in (None, "=") and name not in valued):
        raise ValueError(f"{line[:60]!r} is not one option with its value")
    text = match["value"] if match["long"] else match["its"]
    return name, None if text is None else _unquoted(text, line)


def _unquoted(text: str, line: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    if found := _QUOTED.fullmatch(text):
        return re.sub(r"\\(.)", r"\1", found[1])
    raise ValueError(f"{line[:60]!r} is not one option with its value")
