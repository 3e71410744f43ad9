"""Slurm's words for a job's state, its times and its node lists -> this project's. Pure."""

import logging
import re

from dssr.job import JobState

log = logging.getLogger(__name__)

# squeue(1), JOB STATE CODES: words that are the same thing here under another name.
_ALIASES = {
    "STAGED_OUT": JobState.STAGE_OUT,
    "RECONFIG_FAIL": JobState.BOOT_FAIL,
    "POWER_UP_NODE": JobState.CONFIGURING,
    "EXPEDITING": JobState.PENDING,
    "UPDATE_DB": JobState.COMPLETING,
}
_TIME = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?")


def state_of(word: str) -> JobState:
    """A long state name, as squeue and sacct print it (``CANCELLED by 1000``, ``COMPLETED+``, ``TIMEOUT``).

    A word that is not known, as a newer Slurm may invent, is UNKNOWN and logged: never guessed.
    """
    name = word.strip().split(" ")[0].rstrip("+")
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        return JobState(name)
    except ValueError:
        log.warning("Slurm reports the job state %r, which is not known here; it counts as UNKNOWN", word[:40])
        return JobState.UNKNOWN


def seconds_of(time: str) -> int:
    """``MM:SS``, ``HH:MM:SS`` or ``D-HH:MM:SS`` as squeue's %M prints it; 0 for anything else (``INVALID``, ``N/A``)."""
    match = _TIME.fullmatch(time.strip())
    if not match:
        return 0
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def time_of(seconds: int) -> str:
    """Seconds as sbatch(1)'s --time takes them, ``D-HH:MM:SS``."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}-{hours:02}:{minutes:02}:{seconds:02}"


def nodes_of(hostlist: str) -> tuple[str, ...]:
    """Slurm's hostlist expression, ``rack[1-2]n[01-03,7],login``, as host names in its order."""
    if hostlist in ("", "None assigned", "(null)"):
        return ()
    return tuple(host for part in _split(hostlist) for host in _expand(part))


def _split(hostlist: str) -> list[str]:
    """At the commas that stand outside brackets."""
    return re.findall(r"(?:[^,\[\]]|\[[^\]]*\])+", hostlist)


def _expand(part: str) -> list[str]:
    match = re.search(r"\[([^\]]*)\]", part)
    if not match:
        return [part]
    before, after = part[: match.start()], _expand(part[match.end() :])
    return [f"{before}{number}{rest}" for number in _numbers(match[1]) for rest in after]


def _numbers(ranges: str) -> list[str]:
    found: list[str] = []
    for item in ranges.split(","):
        low, _, high = item.partition("-")
        if low.isdigit() and high.isdigit():
            found += (f"{n:0{len(low)}}" for n in range(int(low), min(int(high), int(low) + 100_000) + 1))
        else:
            found.append(item)
    return found
