"""The one directive of a plain batch script that means something on this machine: its time limit (sbatch(1), --time)."""

import re

from dssr.errors import RefusedRequest

_DIRECTIVE = re.compile(r"#SBATCH\s+(?:.*\s)?(?:--time[=\s]\s*|-t\s*)(\S+)")
_UNLIMITED = frozenset({"0", "UNLIMITED", "INFINITE"})


def walltime(script: str) -> int | None:
    """The seconds of the last ``#SBATCH --time`` (or ``-t``) before the script's first command; ``None`` for no limit.

    Raises ``RefusedRequest`` for a time that sbatch would refuse too.
    """
    found = None
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        if match := _DIRECTIVE.match(line):
            found = match[1]
    return None if found is None or found.upper() in _UNLIMITED else _seconds(found)


def _seconds(text: str) -> int:
    """M, M:S, H:M:S, D-H, D-H:M or D-H:M:S in seconds."""
    days, dash, rest = text.rpartition("-")
    parts = rest.split(":")
    if len(parts) > 3 or not all(
        re.fullmatch(r"[0-9]{1,9}", part) for part in ((days, *parts) if dash else parts)
    ):
        raise RefusedRequest(
            f"'#SBATCH --time={text[:40]}' is no time limit: use minutes, H:MM:SS or D-H:MM:SS."
        )
    if not dash and len(parts) < 3:
        parts.insert(0, "0")
    hours, minutes, seconds = (int(part) for part in (*parts, "0", "0")[:3])
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
