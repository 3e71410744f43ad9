"""Lists of jobs in the forms that people and programs want."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dssr.cli.printable import printable
from dssr.cli.table import Column, without_empty
from dssr.cli.wording import duration, megabytes, moment, painted
from dssr.client.display import ago

FORMS = ("table", "wide", "name", "json", "csv")
Job = Mapping[str, Any]  # a job of dssr, or a job of the cluster's queue

_STATE = Column("STATE", paint=painted)
_USUAL = (
    Column("ID"),
    Column("NAME", least=8),
    _STATE,
    Column("TIME", priority=3),
    Column("NODES", priority=4),
    Column("AGE", priority=5),
    Column("START", priority=2),
    Column("WHY", least=16, priority=1),
)
_WIDE = (
    Column("ID"),
    *(Column(title, priority=1) for title in ("NATIVE", "NAME", "USER")),
    _STATE,
    *(
        Column(title, priority=1)
        for title in (
            *("REASON", "TIME", "LIMIT", "NODES", "CORES", "MEMORY", "GPUS", "PARTITION"),
            *("ACCOUNT", "SUBMITTED", "STARTED", "ENDED", "CODE", "WHY"),
        )
    ),
)
_QUEUE = (
    Column("JOB"),
    Column("NAME", least=8),
    Column("USER", priority=2),
    _STATE,
    Column("PARTITION", priority=4),
    Column("NODES", priority=5),
    Column("PRIORITY", priority=7),
    Column("AGE", priority=6),
    Column("START", priority=3),
    Column("REASON", least=10, priority=1),
)


def lines(jobs: Sequence[Job], form: str, width: int | None) -> list[str]:
    """The jobs in one of the forms, a job a line; in a table behind a heading, and in at most so
    many columns."""
    now = datetime.now().astimezone()
    if form == "json":
        return [json.dumps(job) for job in jobs]
    if form == "csv":
        return _csv(jobs)
    if form == "name":
        return [job.get("id") or job["native_id"] for job in jobs]
    if jobs and "id" not in jobs[0]:
        return without_empty(_QUEUE, [_queued(job, now) for job in jobs], width)
    if form == "wide":
        return without_empty(_WIDE, [_wide(job, now) for job in jobs], None)
    return without_empty(_USUAL, [_usual(job, now) for job in jobs], width)


def _csv(jobs: Sequence[Job]) -> list[str]:
    """A heading with the members' names, and a line for each job; lists and objects as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if jobs:
        writer.writerow(jobs[0])
    writer.writerows([_plain(value) for value in job.values()] for job in jobs)
    return text.getvalue().splitlines()


def _plain(value: object) -> object:
    if isinstance(value, dict | list | bool):
        return json.dumps(value)
    return printable(value) if isinstance(value, str) else value


def _usual(job: Job, now: datetime) -> tuple[str, ...]:
    return (
        *(job["id"], job["name"], job["state"]),
        duration(job["elapsed_seconds"]) if job["started_at"] else "",
        str(job["node_count"] or ""),
        ago(job["submitted_at"], now),
        "" if job["started_at"] else moment(job["expected_start_at"], now),
        job["explanation"] or job["reason"],
    )


def _wide(job: Job, now: datetime) -> tuple[str, ...]:
    code = job["exit_code"]
    return (
        *(job["id"], job["native_id"], job["name"], job["user"], job["state"], job["reason"]),
        duration(job["elapsed_seconds"]) if job["started_at"] else "",
        duration(job["walltime_seconds"]),
        ",".join(job["nodes"]) or str(job["node_count"] or ""),
        *(str(job["cores"] or ""), megabytes(job["memory_mb"]), str(job["gpus"] or "")),
        *(job["partition"], job["account"]),
        *(moment(job[name], now) for name in ("submitted_at", "started_at", "ended_at")),
        f"signal {job['signal']}" if job["signal"] else "" if code is None else str(code),
        job["explanation"],
    )


def _queued(job: Job, now: datetime) -> tuple[str, ...]:
    return (
        *(job["native_id"], job["name"], job["user"], job["state"], job["partition"]),
        *(str(job["nodes"]), "" if job["priority"] is None else str(job["priority"])),
        *(ago(job["submitted_at"], now), moment(job["expected_start_at"], now), job["reason"]),
    )
