"""A list of jobs as CSV (RFC 4180), for spreadsheets. Pure."""

import csv
from collections.abc import Callable, Iterable, Mapping

from dssr.http.web.wording import rfc3339
from dssr.job import Resources
from dssr.jobs.states import reason_of, state_of
from dssr.record import JobRecord

_NONE = Resources()
# What a spreadsheet takes for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_COLUMNS: Mapping[str, Callable[[JobRecord], object]] = {
    "id": lambda job: job.id,
    "native_id": lambda job: job.ref.native_id,
    "name": lambda job: job.ref.name,
    "state": state_of,
    "reason": reason_of,
    "user": lambda job: job.owner,
    "partition": lambda job: (job.resources or _NONE).partition,
    "account": lambda job: (job.resources or _NONE).account,
    "nodes": lambda job: (job.resources or _NONE).nodes,
    "cores": lambda job: (job.resources or _NONE).cores,
    "memory_mb": lambda job: (job.resources or _NONE).memory_mb,
    "gpus": lambda job: (job.resources or _NONE).gpus,
    "walltime_seconds": lambda job: (job.resources or _NONE).walltime,
    "elapsed_seconds": lambda job: job.elapsed if job.started is not None else None,
    "submitted_at": lambda job: _time(job.submitted),
    "started_at": lambda job: _time(job.started),
    "ended_at": lambda job: _time(job.ended),
    "exit_code": lambda job: job.exit_code,
    "signal": lambda job: job.signal,
    "cpu_seconds": lambda job: job.cpu_seconds,
    "memory_used_mb": lambda job: job.memory_used_mb,
}


def jobs_as_csv(jobs: Iterable[JobRecord]) -> bytes:
    """One line for each job below the names of the columns. An unknown value is an empty cell, and
    no cell is a formula."""
    writer = csv.writer(_Lines())
    lines = [writer.writerow(_COLUMNS)]
    lines += [writer.writerow([_cell(value(job)) for value in _COLUMNS.values()]) for job in jobs]
    return "".join(lines).encode("utf-8", "replace")


class _Lines:
    """Has a CSV writer return each line."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _time(seconds: float | None) -> str:
    return "" if seconds is None else rfc3339(seconds)
