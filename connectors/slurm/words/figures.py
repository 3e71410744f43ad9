"""Slurm's figures -> as people read them: times, memory, trackable resources. Pure."""

import re
import time

from connectors.shared.amounts import span
from connectors.slurm.words.states import seconds_of

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]?)[nc]?", re.ASCII)  # nc: per node, per core (22.05)
_MEGABYTES = {"K": 1 / 1024, "": 1.0, "M": 1.0, "G": 1024.0, "T": 1024.0**2, "P": 1024.0**3}


def when(stamp: str) -> str:
    """A time of ``SLURM_TIME_FORMAT=%s`` as text, UTC; one that is no number, as it is."""
    if not stamp.isdecimal():
        return stamp
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(int(stamp)))


def seconds_since_epoch(stamp: str) -> float | None:
    """A time of ``SLURM_TIME_FORMAT=%s``; ``None`` for ``Unknown``, ``None`` and the like."""
    return float(stamp) if stamp.isdecimal() and stamp != "0" else None


def span_of(text: str) -> str:
    """A time as scontrol prints it, ``1-02:03:04``; UNLIMITED and other words as they are."""
    return span(seconds_of(text)) if re.search(r"\d:\d", text) else text.lower()


def megabytes(text: str, unit: str = "") -> float | None:
    """``3176K``, ``60M``, ``1.5Gn``; ``unit``: that of a bare number. ``None`` for no size."""
    match = _SIZE.fullmatch(text.strip())
    return float(match[1]) * _MEGABYTES[match[2] or unit] if match else None


def tres(text: str) -> dict[str, str]:
    """``cpu=2,mem=750M,node=2,gres/gpu=4`` as a mapping."""
    pairs = (part.split("=", 1) for part in text.split(",") if "=" in part)
    return dict(pairs)


def inside(sentence: str) -> str:
    """The sentence as it goes on behind a colon."""
    is_name = sentence.startswith("Slurm")
    return sentence if is_name else f"{sentence[:1].lower()}{sentence[1:]}"


def counted(amount: str, noun: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{amount} {noun}{'' if amount == '1' else 's'}"
