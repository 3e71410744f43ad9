"""What the bridge sees of its jobs: a log line for each submission, cancellation and end, and the
figures about jobs for ``/metrics``.

It asks the scheduler nothing: it is given what the bridge finds out for its callers.
"""

import logging
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import attrgetter

from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.record import JobRecord, Records
from dssr.seams import Figure

log = logging.getLogger(__name__)

_MOST = 50_000  # jobs that are remembered, so that each is counted once
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
# Seconds. A wait is from some seconds, on an idle cluster, to days.
BOUNDS = (
    *(1.0, 5.0, 15.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE),
    *(_HOUR, 4 * _HOUR, 12 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY),
)


# With the state UNKNOWN a job is lost. Each is there from the start, so that a first end is a rise.
_ENDS = [state for state in JobState if state.is_final or state is JobState.UNKNOWN]


class Observed:
    """What one bridge has seen since its start. All methods may be called from many threads."""

    def __init__(self) -> None:
        self.waits = Waits()
        self._lock = threading.Lock()
        self._submitted, self._alive, self._ended, self._started = (_Recent() for _ in range(4))
        self._submissions = self._cancellations = 0
        self._ends: Counter[JobState] = Counter()
        # The APIs have an answer each: by kind, so that each is examined once.
        self._seen: dict[type, Snapshot | Records] = {}

    def submitted(self, ref: JobRef, owner: str, executor: str, again: bool = False) -> None:
        """Note a submission. ``again``: its job was there before."""
        with self._lock:
            is_new = self._submitted.add(ref) and not again
            self._submissions += is_new
        log.info(
            "%s: job %s/%s is %s, owner %s, executor %s",
            *("Submitted" if is_new else "Submitted again", ref.name, ref.number, ref.native_id),
            *(owner or "the service user", executor),
        )

    def cancelled(self, ref: JobRef) -> None:
        """Note a cancellation that the scheduler has accepted."""
        with self._lock:
            self._cancellations += 1
        log.info("Cancelled: job %s/%s/%s", ref.name, ref.number, ref.native_id)

    def ended(self, ref: JobRef, state: JobState, elapsed: int) -> None:
        """Note how a job has ended; the first time counts."""
        with self._lock:
            self._alive.pop(ref, None)
            if not self._ended.add(ref):
                return
            self._ends[state] += 1
        log.info(
            "Ended: job %s/%s/%s is %s after %d s",
            *(ref.name, ref.number, ref.native_id, state, elapsed),
        )

    def listed(self, found: Snapshot | Records) -> None:
        """Note the jobs of a query: which have started, and which have ended.

        Only the end of a job that this bridge has submitted, or has seen before its end, counts: a
        list may have the ends of weeks.
        """
        last = self._seen.get(type(found))
        if found is last:
            return  # most callers get the same list as those before them
        with self._lock:
            if last is not None and found.taken < last.taken:
                return
            self._seen[type(found)] = found
            ends = list(self._changes(_jobs(found)))
        for job in ends:
            self.ended(job.ref, job.state, job.elapsed)

    def found(self, job: JobRecord) -> None:
        """Note one job that a caller has asked for, as ``listed`` does for many."""
        with self._lock:
            ends = list(self._changes([job]))
        for end in ends:
            self.ended(end.ref, end.state, end.elapsed)

    def figures(self) -> Sequence[Figure]:
        """The figures of this moment. There are none about the jobs before the first query."""
        with self._lock:
            submitted, cancelled, ends = self._submissions, self._cancellations, dict(self._ends)
            last = max(self._seen.values(), key=attrgetter("taken"), default=None)
        return [
            _counter("dssr_jobs_submitted_total", "Jobs submitted through this bridge", submitted),
            _counter("dssr_jobs_cancelled_total", "Cancellations through this bridge", cancelled),
            *(
                _counter("dssr_jobs_ended_total", "Ends of jobs that were seen", ends.get(s, 0), s)
                for s in _ENDS
            ),
            *([] if last is None else _of_jobs(last)),
        ]

    def _changes(self, jobs: Iterable[JobStatus | JobRecord]) -> Iterator[JobStatus | JobRecord]:
        """Note what has begun, and return what has ended. Called under the lock."""
        for job in jobs:
            ref = job.ref
            is_known = ref in self._alive or ref in self._submitted
            if job.started and job.submitted and self._started.add(ref) and is_known:
                self.waits.add(job.started - job.submitted)
            if not _is_final(job):
                self._alive.add(ref)
            elif is_known and ref not in self._ended:
                yield job


class Waits:
    """How long jobs waited, counted by classes as a histogram of Prometheus has them."""

    def __init__(self) -> None:
        self.sum = 0.0  # seconds
        self._counts = [0] * (len(BOUNDS) + 1)  # the last: longer than all bounds

    def add(self, seconds: float) -> None:
        """Count one wait. The clocks of two machines may differ: no wait is shorter than 0."""
        seconds = max(0.0, seconds)
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """The upper bound of each class, and how many waits were not longer."""
        bounds = [*map(str, BOUNDS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self._counts)), strict=True))


class _Recent(dict[JobRef, None]):
    """The jobs that were added last."""

    def add(self, ref: JobRef) -> bool:
        """Add one; whether it is new."""
        if ref in self:
            return False
        self[ref] = None
        if len(self) > _MOST:
            del self[next(iter(self))]
        return True


def _jobs(found: Snapshot | Records) -> Collection[JobStatus | JobRecord]:
    return found.jobs if isinstance(found, Records) else found.values()


def _is_final(job: JobStatus | JobRecord) -> bool:
    return job.is_final if isinstance(job, JobRecord) else job.state.is_final


def _counter(name: str, about: str, value: float, state: str = "") -> Figure:
    return Figure(name, about, value, "counter", (("state", state),) if state else ())


def _of_jobs(last: Snapshot | Records) -> Iterator[Figure]:
    """How many jobs there are in each state but the final ones, and how old that is."""
    counts = Counter(job.state for job in _jobs(last) if not _is_final(job))
    for state in JobState:
        if not state.is_final:
            about = "Jobs that have not ended, by state, as of the last query"
            yield Figure("dssr_jobs", about, counts[state], labels=(("state", state),))
    age = max(0.0, time.monotonic() - last.taken)
    yield Figure("dssr_jobs_age_seconds", "Seconds since that query", age)
