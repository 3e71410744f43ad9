"""Time limits as Slurm writes them -> seconds."""

import re

from dssr.errors import BadRequest

_PARTS = re.compile(
    r"(?:(?P<d>[0-9]{1,6})-(?P<dh>[0-9]{1,7})(?::(?P<dm>[0-9]{1,9})(?::(?P<ds>[0-9]{1,9}))?)?"
    r"|(?P<h>[0-9]{1,7}):(?P<hm>[0-9]{1,9}):(?P<hs>[0-9]{1,9})"
    r"|(?P<m>[0-9]{1,9})(?::(?P<s>[0-9]{1,9}))?)"
)
_SECONDS = {
    "d": 86400,
    "dh": 3600,
    "dm": 60,
    "ds": 1,
    "h": 3600,
    "hm": 60,
    "hs": 1,
    "m": 60,
    "s": 1,
}
_UNLIMITED = frozenset({"", "NONE", "INFINITE", "UNLIMITED", "-1"})


def seconds(value: str) -> int | None:
    """``JOBOBJ_WALLTIME`` in seconds; ``None`` where no limit is asked for (``None``, ``UNLIMITED``, ``INFINITE``, zero).

    The forms are those of sbatch(1), ``--time``: minutes, minutes:seconds, hours:minutes:seconds, days-hours,
    days-hours:minutes, days-hours:minutes:seconds; a limit of zero is no limit there. Raises ``BadRequest`` for any other.
    """
    if value.strip().upper() in _UNLIMITED:
        return None
    match = _PARTS.fullmatch(value.strip())
    if not match:
        raise BadRequest(
            f"JOBOBJ_WALLTIME in the job script is {value[:40]!r}: it must be minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM, "
            "D-HH:MM:SS or None."
        )
    return (
        sum(int(part) * _SECONDS[unit] for unit, part in match.groupdict().items() if part) or None
    )
