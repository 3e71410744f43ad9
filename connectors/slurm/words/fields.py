"""``Key=value`` as scontrol prints it -> mappings. Pure.

Users choose a job's name and comment freely, with blanks, newlines and forged fields in them. The
name is therefore skipped exactly, the first value of each key is taken, and nothing is read from
the first line on that holds a user's own text.
"""

import re
from collections.abc import Mapping

# Keys of scontrol show job whose values end their line: what a user wrote there may go on below.
_FREE_TEXT = ("   Command=", "   WorkDir=", "   AdminComment=", "   SystemComment=", "   Comment=")
_KEY = re.compile(r"(?:^|\s)([A-Za-z][\w/:&.-]*)=", re.ASCII)
_OWNER = re.compile(r"^   UserId=[^\n]*\(\d+\) GroupId=", re.MULTILINE)


def job_fields(text: str, name: str = "") -> Mapping[str, str]:
    """The fields of ``scontrol show job`` up to the job's command, and ``JobId``; empty when the
    text shows no job.

    ``name``: the job's name where it is known: it is skipped exactly, whatever it holds. Where it
    is not known and holds forged lines, these are taken for the job's own.
    """
    head = re.match(r"JobId=(\d+)[^\n]*?JobName=", text)
    if not head:
        return {}
    rest = text[head.end() :]
    rest = rest.removeprefix(name)
    begin = _OWNER.search(rest)
    trusted = rest[begin.start() :] if begin else ""
    ends = [at for mark in _FREE_TEXT if (at := trusted.find(f"\n{mark}")) >= 0]
    return {**fields(head[0]), **fields(trusted[: min(ends, default=len(trusted))])}


def fields(text: str) -> dict[str, str]:
    """``Key=value`` pairs, blanks or newlines between; a value may hold blanks. The first of each
    key is taken; ``(null)`` and ``N/A`` are empty values."""
    found: dict[str, str] = {}
    parts = _KEY.split(text)
    for key, value in zip(parts[1::2], parts[2::2], strict=True):
        value = value.strip()
        found.setdefault(key, "" if value in ("(null)", "N/A") else value)
    return found
