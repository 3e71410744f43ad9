"""Whether an instance of a program is well, from what was seen of it. Pure.

Four checks, each with its own tolerance, in this order: the job is there, its host is known, its
port is open, its health path answers. A failed query is not evidence of anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Check(StrEnum):
    """What is checked; the first one that has failed is the reason for those after it."""

    JOB = "job"
    HOST = "host"
    PORT = "port"
    PATH = "path"


class Outcome(StrEnum):
    """What a check has found. ``SILENT``: a failure, no answer in time. ``UNKNOWN``: the query
    failed, or what it saw proves nothing."""

    OK = "ok"
    FAILED = "failed"
    SILENT = "silent"
    UNKNOWN = "unknown"


class State(StrEnum):
    """How the instance is. ``FAILING``: a check has failed, within its tolerance."""

    STARTING = "starting"
    HEALTHY = "healthy"
    FAILING = "failing"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class Tolerance:
    """A check has failed for good after so many failures in a row *and* so many seconds."""

    failures: int
    seconds: float


# The job's end has evidence of its own. A busy program answers late: only silence for long counts.
TOLERANCES: Mapping[Check, Tolerance] = {
    Check.JOB: Tolerance(1, 0),
    Check.HOST: Tolerance(3, 30),
    Check.PORT: Tolerance(3, 5),
    Check.PATH: Tolerance(5, 60),
}


@dataclass(frozen=True)
class Observation:
    """What one check found at that time (seconds of any clock that only goes forward)."""

    check: Check
    outcome: Outcome
    at: float
    detail: str = ""


@dataclass(frozen=True)
class Record:
    """What is known of one check: failures in a row, the first of them, the last one's detail."""

    has_been_ok: bool = False
    failures: int = 0
    since: float = 0.0
    at: float = 0.0
    detail: str = ""

    def after(self, seen: Observation) -> "Record":
        """The record with one more observation."""
        if seen.outcome is Outcome.UNKNOWN:
            return self
        if seen.outcome is Outcome.OK:
            return Record(has_been_ok=True, at=seen.at)
        since = self.since if self.failures else seen.at
        return Record(self.has_been_ok, self.failures + 1, since, seen.at, seen.detail)

    def has_exceeded(self, tolerance: Tolerance) -> bool:
        """Whether it has failed more often and for longer than is tolerated."""
        return self.failures >= tolerance.failures and self.at - self.since >= tolerance.seconds


@dataclass(frozen=True)
class Verdict:
    """How the instance is, the check that decides it, and why."""

    state: State
    check: Check | None = None
    reason: str = ""


@dataclass(frozen=True)
class Health:
    """What is known of one instance.

    ``needed``: the checks that must succeed once before the instance is ready, within ``start``
    seconds after ``began``. Until then, a port that is not open yet is no failure; a job that has
    ended is.
    """

    began: float
    needed: tuple[Check, ...] = (Check.PORT,)
    start: float = 120.0
    tolerances: Mapping[Check, Tolerance] = field(default_factory=lambda: TOLERANCES)
    records: Mapping[Check, Record] = field(default_factory=dict)

    def after(self, seen: Observation) -> "Health":
        """The health with one more observation."""
        record = self.records.get(seen.check, Record()).after(seen)
        return replace(self, records={**self.records, seen.check: record})

    def verdict(self, now: float) -> Verdict:
        """How the instance is now."""
        failed = [(check, self.records[check]) for check in Check if check in self.records]
        failed = [(check, record) for check, record in failed if record.failures]
        for check, record in failed:
            tolerated = self._is_starting and check in (Check.PORT, Check.PATH)
            if not tolerated and record.has_exceeded(self.tolerances[check]):
                return Verdict(State.UNHEALTHY, check, record.detail)
        if self._is_starting:
            return self._start(now)
        if failed:
            check, record = failed[0]
            return Verdict(State.FAILING, check, record.detail)
        return Verdict(State.HEALTHY)

    @property
    def _is_starting(self) -> bool:
        return bool(self._missing)

    @property
    def _missing(self) -> list[Check]:
        return [c for c in self.needed if not self.records.get(c, Record()).has_been_ok]

    def _start(self, now: float) -> Verdict:
        details = {c: self.records[c].detail for c in self._missing if c in self.records}
        check = next((check for check, detail in details.items() if detail), self._missing[0])
        detail = details.get(check) or f"the {check} has not been seen yet"
        if now - self.began < self.start:
            return Verdict(State.STARTING, check, detail)
        return Verdict(State.UNHEALTHY, check, f"not ready within {self.start:g} seconds: {detail}")
