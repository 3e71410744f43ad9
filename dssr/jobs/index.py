"""All jobs of one moment, to be found by each of their names and listed. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import islice

from dssr.errors import Conflict, no_job, not_submitted
from dssr.job import JobRef
from dssr.jobs.cursor import Position, position_of
from dssr.jobs.states import ACTIVE, ENDED, state_of
from dssr.record import JobRecord, Records

GROUPS = {"active": frozenset(ACTIVE), "ended": frozenset(ENDED)}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which jobs a list shows: those that have all of this. Empty or ``None``: any."""

    states: frozenset[str] = frozenset()  # of ACTIVE and ENDED
    name: str = ""
    user: str = ""
    partition: str = ""
    labels: frozenset[tuple[str, str]] = frozenset()
    since: float | None = None  # seconds since the epoch: submitted then or later
    until: float | None = None  # submitted before that

    def includes(self, job: JobRecord) -> bool:
        """Whether the list shows the job."""
        resources = job.resources
        return (
            (not self.name or job.ref.name == self.name)
            and (not self.user or job.owner == self.user)
            and (not self.states or state_of(job) in self.states)
            and (not self.partition or bool(resources and resources.partition == self.partition))
            and (not self.labels or self.labels <= set(job.about.labels))
            and self._has_the_time(job)
        )

    def _has_the_time(self, job: JobRecord) -> bool:
        if self.since is None and self.until is None:
            return True
        if job.submitted is None:
            return False
        since = self.since is None or self.since <= job.submitted
        return since and (self.until is None or job.submitted < self.until)


EVERY = Wanted()


class Index:
    """The jobs of one ``Records``, newest first. ``records``: where they are from."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._jobs = sorted(records.jobs, key=position_of, reverse=True)
        self._by_id = {job.id: job for job in self._jobs}
        self._by_native_id: defaultdict[str, list[JobRecord]] = defaultdict(list)
        for job in self._jobs:
            self._by_native_id[job.ref.native_id].append(job)

    def find(self, name: str) -> JobRecord:
        """The job that has this id, this native id or, where that is unique, this name.

        Raises ``NotFound``, and ``Conflict`` with the ids where several jobs fit.
        """
        job = self._by_id.get(name)
        if job is not None:
            return job
        found = self._by_native_id.get(name) or [j for j in self._jobs if j.ref.name == name]
        if len(found) == 1:
            return found[0]
        if not found:
            raise no_job(name)
        ids = ", ".join(job.id for job in found[:10])
        more = " and others" if len(found) > 10 else ""
        raise Conflict(f"{len(found)} jobs are called {name[:60]!r}: use an id, {ids}{more}.")

    def of_ref(self, ref: JobRef) -> JobRecord:
        """The job that the legacy API would call so. Raises ``NotFound``."""
        for job in self._by_native_id.get(ref.native_id, ()):
            if job.ref == ref:
                return job
        raise not_submitted(ref.name, ref.number, ref.native_id)

    def page(
        self, wanted: Wanted, limit: int, after: Position | None
    ) -> tuple[Sequence[JobRecord], Position | None]:
        """The first ``limit`` jobs behind a place, and the place of the next page, if there is
        one."""
        found = list(islice(self._behind(wanted, after), limit + 1))
        page = found[:limit]
        return page, position_of(page[-1]) if len(found) > limit else None

    def _behind(self, wanted: Wanted, after: Position | None) -> Iterator[JobRecord]:
        jobs: Iterable[JobRecord] = self._jobs
        if wanted.states:  # of many thousands, few may be in such a state
            found = (self._by_state.get(state, ()) for state in wanted.states)
            jobs = merge(*found, key=position_of, reverse=True)
        if after is not None:
            jobs = (job for job in jobs if position_of(job) < after)
        return iter(jobs) if wanted == EVERY else filter(wanted.includes, jobs)

    @cached_property
    def _by_state(self) -> Mapping[str, Sequence[JobRecord]]:
        found = defaultdict(list)
        for job in self._jobs:
            found[state_of(job)].append(job)
        return found
