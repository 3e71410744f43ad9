"""The figures of a limit: ``scontrol show assoc_mgr`` -> what is allowed and what is in use. Pure.

A record begins at the line's start (``ClusterName=`` an association, ``QOS=`` a QOS); a QOS has
blocks for accounts and users inside. A limit is ``LIMIT(USED)``, or ``LIMIT`` where nothing is
counted; ``N`` and nothing are no limit.
"""

import re
from collections.abc import Iterator, Mapping

from connectors.shared.amounts import memory, span
from connectors.slurm.words.fields import fields
from connectors.slurm.words.limits import Limit

_VALUE = re.compile(r"(\d+(?:\.\d+)?)(?:\((\d+(?:\.\d+)?)\))?")


def limit_sentences(text: str, limit: Limit, job: Mapping[str, str]) -> list[str]:
    """One sentence for each place that sets this limit for the job; none where none is shown."""
    found = []
    for where, key, value in _settings(text, job):
        if key == limit.key and where.startswith(limit.record):
            found += [_sentence(where, limit, *each) for each in _values(value, limit.tres)]
    return list(dict.fromkeys(found))


def _settings(text: str, job: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(where, key, value) of every limit of a record that is the job's."""
    place = block = ""
    for line in text.splitlines():
        indent, found = len(line) - len(line.lstrip()), fields(line)
        if indent == 0:
            place, block = _place(found), ""
        elif place.startswith("QOS") and indent == 6:
            block = _block(line.strip(), job)
        elif place and (indent == 4 or block):
            where = f"{place}, {block}" if indent == 8 else place
            yield from ((where, key, value) for key, value in found.items())


def _place(found: Mapping[str, str]) -> str:
    if "QOS" in found:
        return f"QOS {found['QOS'].partition('(')[0]}"
    if "Account" not in found:
        return ""
    user = found.get("UserName", "").partition("(")[0]
    return f"Association of account {found['Account']}{f', user {user}' if user else ''}"


def _block(name: str, job: Mapping[str, str]) -> str:
    """``account NAME`` or ``user NAME`` where the block is the job's own; 22.05 shows a user id."""
    user, _, number = job.get("UserId", "").rstrip(")").partition("(")
    if name == job.get("Account"):
        return f"account {name}"
    return f"user {user}" if name in (f"{user}({number})", number) else ""


def _values(value: str, tres: str) -> Iterator[tuple[str, str, str]]:
    """(resource, limit, used) of each part that is a limit on such a resource."""
    for part in value.split(","):
        name, separator, rest = part.rpartition("=")
        wanted = name.startswith(tres) if separator else not tres
        if wanted and (match := _VALUE.fullmatch(rest)):
            yield name, match[1], match[2] or ""


def _sentence(where: str, limit: Limit, name: str, most: str, used: str) -> str:
    what = name if "/" in limit.tres or (not limit.tres and name) else limit.unit
    in_use = f"; {_amount(limit, used)} in use" if used else ""
    kind = "minimum" if limit.key.startswith("Min") else "limit"
    return f"{where}: the {kind} for {what} is {_amount(limit, most)}{in_use}."


def _amount(limit: Limit, value: str) -> str:
    if limit.tres == "mem" and "Mins" not in limit.key:
        return memory(float(value))
    if "Wall" in limit.key:
        return span(int(float(value) * 60))
    return value
