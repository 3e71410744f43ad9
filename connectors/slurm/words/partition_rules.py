"""What a partition's rules forbid of a job. Slurm takes such a job all the same, and has it wait
(slurm.conf(5), EnforcePartLimits=NO); ``sbatch --test-only`` names a start for it. Pure."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from connectors.slurm.words.fields import fields
from connectors.slurm.words.figures import megabytes, span_of
from connectors.slurm.words.reasons import Reason, reason_of
from connectors.slurm.words.states import seconds_of, time_of
from dssr.job import time_limit

_CLOSED = {"DOWN": "PartitionDown", "INACTIVE": "PartitionInactive"}


def rule_sentences(part: Mapping[str, str], job: Mapping[str, str], said: Reason) -> list[str]:
    """What of the partition does not fit, as far as the reason is about the partition. ``part``,
    ``job``: fields as scontrol shows them."""
    name = f"Partition {part.get('PartitionName', '')}"
    rules = {
        "PartitionTimeLimit": ("MaxTime", f"its time limit is {span_of(job.get('TimeLimit', ''))}"),
        "AccountNotAllowed": ("AllowAccounts", f"its account is {job.get('Account')}"),
        "QOSNotAllowed": ("AllowQos", f"its QOS is {job.get('QOS')}"),
        "MaxMemPerLimit": ("MaxMemPerNode", "in MB"),
        "PartitionDown": ("State", "in state UP it starts jobs"),
        "PartitionInactive": ("State", "in state UP it starts jobs"),
    }
    if not part or said.head not in (*rules, "PartitionNodeLimit"):
        return []
    if said.head == "PartitionNodeLimit":
        allows = f"{part.get('MinNodes')} to {part.get('MaxNodes', '').lower()} nodes for a job"
        wants = f"the job asks for {job.get('NumNodes', '').split('-')[0]}"
        return [f"{name} allows {allows} and has {part.get('TotalNodes')}; {wants}."]
    key, what = rules[said.head]
    value = part.get(key, "not set")
    return [f"{name}: {key} is {span_of(value) if 'Time' in key else value}; {what}."]


def why_never(options: Sequence[str], printed: str, shown: str) -> str:
    """Why a job with these words for sbatch would not start, and what to do; empty where a
    partition that it names can run it, as far as is known.

    ``printed``: the partition that ``sbatch --test-only`` names. ``shown``: what ``scontrol -o show
    partition`` prints.
    """
    asked = dict(word[2:].split("=", 1) for word in options if re.match(r"--[\w-]+=", word))
    lines = [fields(line) for line in shown.splitlines() if line.startswith("PartitionName=")]
    parts = {part["PartitionName"]: part for part in lines}
    names = asked.get("partition", printed).split(",")
    broken = [next(_broken(parts.get(name, {}), asked), "") for name in names]
    if not all(broken):
        return ""
    said = reason_of(broken[0])
    limit = _asked_time(asked.get("time", ""))
    job = {
        "NumNodes": asked.get("nodes", "1"),
        "TimeLimit": time_of(int(limit)) if limit not in (None, math.inf) else "unlimited",
    }
    details = rule_sentences(parts[names[0]], job, said)
    return " ".join(("The job would not start as things are.", said.sentence, *details, said.cure))


def _broken(part: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[str]:
    """The reasons for which Slurm would have the job wait in that partition."""
    if closed := _CLOSED.get(part.get("State", "")):
        yield closed
    limit, most = _asked_time(asked.get("time", "")), seconds_of(part.get("MaxTime", ""))
    if limit and most and limit > most:
        yield "PartitionTimeLimit"
    fewest, _, highest = asked.get("nodes", "").partition("-")
    if _is_less(part.get("MaxNodes"), fewest) or _is_less(highest or fewest, part.get("MinNodes")):
        yield "PartitionNodeLimit"
    memory, most_memory = megabytes(asked.get("mem", "")), megabytes(part.get("MaxMemPerNode", ""))
    if memory and most_memory and memory > most_memory:
        yield "MaxMemPerLimit"


def _is_less(one: str | None, other: str | None) -> bool:
    """Whether both are numbers, and the first one is less."""
    both = one and other and one.isdecimal() and other.isdecimal()
    return bool(both and int(one or 0) < int(other or 0))


def _asked_time(text: str) -> float | None:
    """The seconds of ``--time``, endless for no limit; ``None``: it names none."""
    try:
        return time_limit(text) or math.inf
    except ValueError:
        return None
