"""All about one job, in lines for people."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import click

from dssr.cli import explanation
from dssr.cli.printable import padded, printable
from dssr.cli.wording import counted, duration, megabytes, moment, painted, parsed, size
from dssr.client import ClientError
from dssr.client.documents import JobDocument
from dssr.client.job import Job

_MOST_FILES = 8
_LABEL = 14  # columns
_UNKNOWN = "not measured"


def lines(job: Job) -> Iterator[str]:
    """State, times, resources, place, files, why."""
    document, now = job.document, datetime.now().astimezone()
    yield _heading(document)
    for rows in (_times(document, now), _resources(document), _place(document)):
        found = [(label, value) for label, value in rows if value]
        yield from ("", *(f"  {padded(label, _LABEL)}{printable(value)}" for label, value in found))
    yield from _files(job)
    yield from ("", *explanation.lines(job.why()))


def _heading(job: JobDocument) -> str:
    code = f"signal {job['signal']}" if job["signal"] else ""
    if not code and job["exit_code"] is not None:
        code = f"exit code {job['exit_code']}"
    name = click.style(printable(job["name"]), bold=True)
    return "  ".join(part for part in (name, painted(job["state"]), code, job["id"]) if part)


def _times(job: JobDocument, now: datetime) -> Iterator[tuple[str, str]]:
    submitted, started = parsed(job["submitted_at"]), parsed(job["started_at"])
    waited = duration((started - submitted).total_seconds()) if submitted and started else ""
    yield "submitted", moment(job["submitted_at"], now)
    if not started:
        yield "expected", moment(job["expected_start_at"], now)
    yield "started", _with(moment(job["started_at"], now), f"after {waited}" if waited else "")
    yield "ended", moment(job["ended_at"], now)


def _resources(job: JobDocument) -> Iterator[tuple[str, str]]:
    """What the job asked for, beside what it has used of it."""
    limit, ran = job["walltime_seconds"], job["elapsed_seconds"] if job["started_at"] else None
    yield "time", _share(ran if ran is not None or not limit else 0, limit, duration)
    if job["is_final"] and job["started_at"]:
        yield "CPU time", _share(job["cpu_seconds"], _available(job), _fine) or _UNKNOWN
        yield "memory", _share(job["memory_used_mb"], job["memory_mb"], megabytes) or _UNKNOWN
    amounts = (
        counted(job["node_count"], "node"),
        counted(job["cores"], "core"),
        f"{megabytes(job['memory_mb'])} memory" if job["memory_mb"] else "",
        counted(job["gpus"] or None, "GPU"),
    )
    yield "resources", ", ".join(filter(None, amounts))
    yield "nodes", ", ".join(job["nodes"])


def _available(job: JobDocument) -> int:
    """The processor seconds that its cores had in the time that it ran."""
    return job["elapsed_seconds"] * (job["cores"] or 0)


def _fine(seconds: float) -> str:
    return f"{seconds:.1f}s" if seconds < 10 else duration(seconds)


def _share(used: float | None, all: int | None, written: Callable[[float], str]) -> str:
    """``8s of 20s (40%)``; empty where the amount that was used is not known."""
    if used is None:
        return ""
    return f"{written(used)} of {written(all)} ({used / all:.0%})" if all else written(used)


def _place(job: JobDocument) -> Iterator[tuple[str, str]]:
    yield "partition", job["partition"]
    yield "account", _with(job["account"], f"QOS {job['qos']}" if job["qos"] else "")
    yield "user", job["user"]
    yield "image", job["image"]
    yield "scheduler id", job["native_id"]
    yield "labels", ", ".join(f"{name}={value}" for name, value in job["labels"].items())
    yield "directory", job["working_directory"]
    yield "output", size(job["output_bytes"])
    yield "based on", ", ".join(job["evidence"])


def _with(first: str, second: str) -> str:
    return "  ".join(part for part in (first, second) if part)


def _files(job: Job) -> Iterator[str]:
    """The first files; nothing where none are kept."""
    if not job.document["working_directory"]:
        return
    try:
        found = list(islice(job.files.list(), _MOST_FILES + 1))
    except ClientError:
        return
    rows: Sequence[str] = [
        f"  {'' if f['is_directory'] else size(f['size_bytes']):<{_LABEL}}"
        f"{printable(f['path'])}{'/' if f['is_directory'] else ''}"
        for f in found[:_MOST_FILES]
    ]
    if rows:
        more = ["  ..."] if len(found) > _MOST_FILES else []
        yield from ("", *rows, *more)
