"""The rows of all jobs, for the table that a page makes of them.

Each row is made once for each state of its job. A page begins with the first rows, and gets those
that have changed since. It asks for all rows once it needs them.
"""

import gzip
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dssr.job import JobState
from dssr.jobs.states import WAITING, reason_of, state_of
from dssr.record import JobRecord

LEVEL = 3  # of the compression: more takes twice the time for a tenth of the bytes
# Of all rows, that may have changed since all of them were compressed, which takes a while.
_CHANGED = 0.1


@dataclass(slots=True)
class _Row:
    job: JobRecord
    text: str  # its JSON
    version: int  # of the table when the row became so


class JobRows:
    """The rows of the jobs of a bridge. All methods may be called from many threads.

    A version is valid for this object alone: the rows of another one's version are all rows.
    """

    def __init__(self, summary: Callable[[JobRecord], str]) -> None:
        """``summary``: one sentence about why a job waits or how it failed."""
        self._summary = summary
        self._own = secrets.token_hex(4)
        self._version = 0
        self._jobs: Sequence[JobRecord] = ()  # as of that version
        self._rows: dict[str, _Row] = {}
        self._first = 0  # the first version whose pages miss no removed job
        self._whole = (0, b"")  # all rows at a version, compressed
        self._lock = threading.Lock()

    def whole(self, jobs: Sequence[JobRecord]) -> bytes:
        """All rows as compressed JSON: ``{"version", "rows"}``. Some are as they were in that
        version: a page asks next for what has changed since."""
        with self._lock:
            self._update(jobs)
            version, packed = self._whole
            if not packed or version < self._first or self._has_changed(version):
                rows = ", ".join(row.text for row in self._rows.values())
                text = f'{{"version": "{self._own}.{self._version}", "rows": [{rows}]}}'
                packed = gzip.compress(text.encode(), LEVEL)
                self._whole = self._version, packed
            return packed

    def since(
        self, jobs: Sequence[JobRecord], version: str, first: Sequence[JobRecord]
    ) -> tuple[str, bool, Sequence[str]]:
        """The version now, whether the page begins anew, and rows as JSON.

        They are those that have changed since that version. For a version of which that is not
        known, the page begins anew, with the rows of ``first``.
        """
        own, _, digits = version.partition(".")
        number = int(digits) if re.fullmatch("[0-9]{1,18}", digits) else -1
        with self._lock:
            self._update(jobs)
            is_anew = own != self._own or not self._first <= number <= self._version
            if is_anew:
                rows = [self._rows[job.id] for job in first if job.id in self._rows]
            else:
                rows = [row for row in self._rows.values() if row.version > number]
            return f"{self._own}.{self._version}", is_anew, [row.text for row in rows]

    def _has_changed(self, version: int) -> bool:
        changed = sum(row.version > version for row in self._rows.values())
        return changed > _CHANGED * len(self._rows)

    def _update(self, jobs: Sequence[JobRecord]) -> None:
        if jobs == self._jobs:  # as most times: it takes less than to look at each row
            return
        self._jobs, version, rows = jobs, self._version + 1, self._rows
        for job in jobs:
            row = rows.get(job.id)
            if row is not None and row.job is job:
                continue
            text = json.dumps(_values(job, self._summary(job)))
            if row is None:
                rows[job.id] = _Row(job, text, version)
            else:
                if row.text != text:
                    row.text, row.version = text, version
                row.job = job
            self._version = max(self._version, rows[job.id].version)
        if len(rows) > len(jobs):
            self._rows = {job.id: rows[job.id] for job in jobs}
            self._first = self._version = version


def clock(jobs: Sequence[JobRecord], age: float) -> float:
    """What the cluster's clock shows now, in seconds since the epoch, by the jobs that run.

    ``age``: seconds since the cluster was asked.
    """
    # A job that was suspended has run for less than that: the latest is right.
    shown = max(
        (
            job.started + job.elapsed
            for job in jobs
            if job.state is JobState.RUNNING and job.started
        ),
        default=None,
    )
    return time.time() if shown is None else shown + age


def _values(job: JobRecord, summary: str) -> Sequence[object]:
    """What a row shows, in the order in which static/job_store.js reads it. What changes with the
    time alone is not among it."""
    resources, state = job.resources, state_of(job)
    return (
        job.id,
        job.ref.native_id,
        job.ref.name,
        state,
        resources.partition if resources else "",
        (resources and resources.nodes) or len(job.nodes) or None,
        job.submitted,
        job.started,
        None if job.state is JobState.RUNNING or job.started is None else job.elapsed,
        resources.walltime if resources else None,
        job.expected_start if state in WAITING else None,
        summary or reason_of(job),
        job.owner,
    )
