"""Amounts as the fields of the submission form take them: ``16G``, ``1-02:00:00``. Pure."""

import re

_SPAN = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m(?:in)?)?(?:(\d{1,9})s)?")
_SPAN_UNITS = (86400, 3600, 60, 1)
_MB = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}


def megabytes(memory: str) -> int:
    """The megabytes, 1 at least, of an amount of memory that is right."""
    number, unit = memory.rstrip("KMGT"), memory[-1:]
    return max(1, int(int(number) * _MB.get(unit, 1)))


def memory(megabytes: int) -> str:
    """An amount of memory in the largest unit in which it is a whole number."""
    for unit, size in (("T", 1 << 20), ("G", 1 << 10)):
        if megabytes >= size and megabytes % size == 0:
            return f"{megabytes // size}{unit}"
    return f"{megabytes}M"


def limit(seconds: int) -> str:
    """A time limit, ``HH:MM:SS`` or ``D-HH:MM:SS``."""
    days, rest = divmod(seconds, 86400)
    hours = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}-{hours}" if days else hours


def sbatch_limit(text: str) -> str:
    """A time limit as sbatch reads it: of ``2h``, ``90m`` and ``1d12h``, which that refuses, the
    same as ``HH:MM:SS``; any other text stays."""
    match = _SPAN.fullmatch(text.lower()) if text else None
    if match is None:
        return text
    found = zip(match.groups(), _SPAN_UNITS, strict=True)
    return limit(sum(int(count or 0) * unit for count, unit in found))
