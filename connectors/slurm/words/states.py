"""Slurm's words for a job's state, its times and its node lists -> this project's. Pure."""

import logging
import re

from connectors.slurm.words.reasons import reason_of
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
# States in which Slurm may requeue a job: it lost its nodes for a reason that was not its own.
MAY_BE_REQUEUED = frozenset({JobState.NODE_FAIL, JobState.PREEMPTED, JobState.BOOT_FAIL})
_WORDS = {**{str(state): state for state in JobState}, **_ALIASES}
_TIME = re.compile(r"(?:(\d{1,9})-)?(?:(\d{1,9}):)?(\d{1,9}):(\d{1,9})(?:\.\d+)?", re.ASCII)
_COUNT = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([KMG]?)", re.ASCII)
_SUFFIXES = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_A_YEAR = 365 * 86_400  # seconds
_FARTHEST = 366 * 86_400.0  # seconds
_MOST_NODES = 1 << 16  # slurm.conf(5), MaxNodeCount: more than any cluster has


def state_of(word: str) -> JobState:
    """A long state name as squeue and sacct print it (``CANCELLED by 1000``, ``TIMEOUT``), or cut
    to its column, with a ``+`` at its end (``OUT_OF_ME+``).

    An unknown word, which a newer Slurm may invent, is UNKNOWN and logged, never guessed.
    """
    name = word.strip().split(" ")[0]
    short = name.rstrip("+")
    if short in _WORDS:
        return _WORDS[short]
    meant: set[JobState] = set()
    if name != short and short:
        meant = {state for long, state in _WORDS.items() if long.startswith(short)}
    if len(meant) == 1:
        return meant.pop()
    log.warning("Slurm reports the job state %r, which dssr does not know: UNKNOWN", word[:40])
    return JobState.UNKNOWN


def listed_state(word: str, end: str) -> JobState:
    """The state of a job that squeue lists, from its %T and %e (the end time).

    Slurm prints a job that it requeues as COMPLETING, then as PENDING. A job that it prints as
    NODE_FAIL, PREEMPTED or BOOT_FAIL with an end time has ended for good (seen with 22.05, 24.11
    and 26.05); without an end time it is still being ended.
    """
    state = state_of(word)
    is_open = state in MAY_BE_REQUEUED and not end[:1].isdigit()
    return JobState.COMPLETING if is_open else state


def is_held(state: JobState, reason: str) -> bool:
    """Whether a job waits for its release."""
    return state.is_queued and reason_of(reason).holds


def seconds_of(time: str) -> int:
    """``MM:SS``, ``HH:MM:SS`` or ``D-HH:MM:SS`` as squeue's %M prints it; 0 for anything else
    (``INVALID``, ``N/A``)."""
    match = _TIME.fullmatch(time.strip())
    if not match:
        return 0
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def time_limit_of(text: str) -> int | None:
    """A job's time limit as squeue and scontrol print it; ``None`` for none. One of a year is none:
    Slurm gives it to jobs without a limit once they have started."""
    found = seconds_of(text)
    return None if found in (0, _A_YEAR) else found


def epoch_of(time: str) -> float | None:
    """A time that Slurm prints as seconds since the epoch (``SLURM_TIME_FORMAT=%s``); ``None`` for
    anything else (``N/A``, ``Unknown``, ``None``)."""
    return float(time) if time.isdecimal() and len(time) < 12 and time != "0" else None


def expected_start(time: str, since: float | None) -> float | None:
    """When Slurm expects a job to start. ``None`` where that is more than a year after ``since``:
    behind a job without a time limit, Slurm names the year 3047.

    ``since``: when the job was submitted or, for one that is only examined, now.
    """
    start = epoch_of(time)
    return None if start is None or start > (since or 0.0) + _FARTHEST else start


def number_of(text: str) -> int | None:
    """A count as Slurm prints it, with a suffix above some thousands (``12K``); ``None`` for
    anything else."""
    match = _COUNT.fullmatch(text)
    return int(float(match[1]) * _SUFFIXES[match[2]]) if match else None


def time_of(seconds: int) -> str:
    """Seconds as sbatch(1)'s --time takes them, ``D-HH:MM:SS``."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}-{hours:02}:{minutes:02}:{seconds:02}"


def nodes_of(hostlist: str) -> tuple[str, ...]:
    """Slurm's hostlist expression, ``rack[1-2]n[01-03,7],login``, as host names in its order.

    One that no cluster has (brackets that do not match, more nodes than Slurm can name) is handed
    out as it is.
    """
    if hostlist in ("", "None assigned", "(null)"):
        return ()
    found: list[str] = []
    for part in _PART.split(hostlist):
        names = _expand(part, _MOST_NODES - len(found))
        if names is None:
            return (hostlist,)
        found += names
    return tuple(name for name in found if name)


_PART = re.compile(r",(?![^\[\]]*\])")  # commas that stand outside brackets
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_RANGE = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)


def _expand(part: str, most: int) -> list[str] | None:
    """The names in one part, or ``None`` when they are more than ``most`` or it is no
    hostlist."""
    pieces = _BRACKETS.split(part)  # text, numbers, text, numbers, ..., text
    if any(bracket in text for text in pieces[0::2] for bracket in "[]"):
        return None
    names = [""]
    for at, piece in enumerate(pieces):
        ends = [piece] if at % 2 == 0 else _numbers(piece, most)
        if ends is None or len(names) * len(ends) > most:
            return None
        names = [name + end for name in names for end in ends]
    return names


def _numbers(ranges: str, most: int) -> list[str] | None:
    found: list[str] = []
    for item in ranges.split(","):
        match = _RANGE.fullmatch(item)
        if not match:
            found.append(item)
            continue
        low, high = int(match[1]), int(match[2])
        if high < low or high - low >= most - len(found):
            return None
        found += (f"{n:0{len(match[1])}}" for n in range(low, high + 1))
    return found
