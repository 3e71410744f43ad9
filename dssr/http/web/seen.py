"""What the bridge sees of jobs, or saw last where the cluster does not answer."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from dssr.errors import DssrError, NotFound, Unavailable
from dssr.http.v1.ownership import own
from dssr.http.web.wording import Look, look_of
from dssr.jobs import Jobs
from dssr.jobs.index import Wanted
from dssr.jobs.states import ENDED, WAITING, reason_of, state_of
from dssr.record import JobRecord

_T = TypeVar("_T")


@dataclass(frozen=True)
class SeenJob:
    """A job, for a page."""

    record: JobRecord
    explanation: str  # one sentence, or empty

    @property
    def state(self) -> str:
        """The API's word."""
        return state_of(self.record)

    @property
    def look(self) -> Look:
        """How the state looks."""
        return look_of(self.state)

    @property
    def reason(self) -> str:
        """The scheduler's word."""
        return reason_of(self.record)

    @property
    def waits(self) -> bool:
        """Whether it has not started yet."""
        return self.state in WAITING

    @property
    def has_ended(self) -> bool:
        """Whether it has ended for good."""
        return self.state in ENDED

    @property
    def is_ending(self) -> bool:
        """Whether it has run, or is being cancelled, and is about to end."""
        return self.state == "COMPLETING"

    @property
    def is_cancelled(self) -> bool:
        """Whether the bridge has ordered its end, which the scheduler does not show yet."""
        return self.record.ordered is not None and not self.has_ended

    @property
    def limit(self) -> int | None:
        """The time limit in seconds."""
        return self.record.resources.walltime if self.record.resources else None


@dataclass(frozen=True)
class SeenList:
    """Jobs. ``problem``: why they are as they were last seen; empty: they are as they are.
    ``age``: in seconds; ``None``: the cluster has never answered."""

    jobs: Sequence[SeenJob]
    next: str | None
    age: float | None
    problem: str


@dataclass(frozen=True)
class Part(Generic[_T]):
    """A part of a page: its value, or why there is none. ``is_silent``: the cluster does not
    answer."""

    value: _T | None = None
    problem: str = ""
    is_silent: bool = False


def part(make: Callable[[], _T]) -> Part[_T]:
    """A part that may be missing while the page is shown all the same."""
    try:
        return Part(make())
    except DssrError as error:
        return Part(problem=error.message, is_silent=isinstance(error, Unavailable))


def jobs_seen(jobs: Jobs, wanted: Wanted, limit: int, after: str = "") -> SeenList:
    """A page of a list of jobs."""
    problem = ""
    try:
        page = jobs.page(wanted, limit, after)
    except Unavailable as error:
        page, problem = jobs.last_page(wanted, limit, after), error.message
    seen = [SeenJob(job, jobs.summary(job)) for job in page.jobs]
    return SeenList(seen, page.next, _age(page.taken, seen, problem), problem)


def job_seen(jobs: Jobs, name: str) -> tuple[SeenJob, float, str]:
    """A job, the age of what is seen of it in seconds, and why that is old, if it is.

    Raises what ``Jobs.find`` raises.
    """
    problem = ""
    try:
        job = jobs.find(name)
    except Unavailable as error:
        job, problem = _known(jobs, name, error), error.message
    return SeenJob(job, jobs.summary(job)), time.monotonic() - jobs.taken, problem


def own_job_seen(jobs: Jobs, name: str) -> tuple[SeenJob, float, str]:
    """The same of a job of the user's own, for its files and its output.

    Raises what ``find_own`` raises.
    """
    seen = job_seen(jobs, name)
    own(jobs, name, lambda _: seen[0].record)
    return seen


def _known(jobs: Jobs, name: str, problem: Unavailable) -> JobRecord:
    """The job as it was last seen, or as its files show it."""
    for find in (jobs.last_known, jobs.locate):
        with suppress(NotFound, Unavailable):
            return find(name)
    raise problem


def _age(taken: float, seen: Sequence[SeenJob], problem: str) -> float | None:
    """``None`` where there is nothing to be old."""
    return None if problem and not seen else max(0.0, time.monotonic() - taken)
