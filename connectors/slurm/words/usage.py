"""What a job has used, as sacct and the batch script's shell print it. Pure."""

import re

from connectors.slurm.words.figures import megabytes, tres
from connectors.slurm.words.states import seconds_of

_TIMES = re.compile(r"(\d+)m(\d+)[.,](\d+)s", re.ASCII)  # the comma: of a locale


def cpu_time(text: str) -> float | None:
    """Seconds of sacct's TotalCPU, ``1-02:03:04`` or ``03:04.567``. ``None`` for none at all: no
    job uses none, so Slurm has not measured it."""
    whole, _, fraction = text.partition(".")
    seconds = seconds_of(whole) + (float(f"0.{fraction}") if fraction.isdecimal() else 0.0)
    return seconds or None


def used_memory(text: str) -> int | None:
    """The MB of sacct's TRESUsageInTot of a step, which adds up the largest size of each of its
    tasks: ``cpu=00:00:01,mem=3176K``. ``None`` where it was not measured."""
    found = megabytes(tres(text).get("mem", ""))
    return max(1, round(found)) if found else None


def shell_time(text: str) -> float | None:
    """Seconds of a line of bash's ``times``, user and system: ``0m1.234s 0m0.500s``."""
    found = _TIMES.findall(text)
    if len(found) != 2:
        return None
    return sum(int(minutes) * 60 + float(f"{whole}.{part}") for minutes, whole, part in found)
