"""The jobs that the dummy connector has in its memory: which there are, and who holds what."""

import itertools
import threading
from collections.abc import Callable, Sequence
from math import inf

from connectors.dummy.files import Folder
from connectors.dummy.jobs import DummyJob, fails
from connectors.dummy.settings import DummySettings
from dssr.errors import key_taken, no_job, not_submitted, number_taken
from dssr.job import NAME_FREE_AFTER, JobRef, JobSpec
from dssr.record import End, JobRecord


class Book:
    """Jobs by native id, by name and number, and by their callers' keys. The caller holds
    ``lock``. ``clock``: seconds since the epoch."""

    def __init__(self, settings: DummySettings, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self._settings = settings
        self._clock = clock
        self._jobs: dict[str, DummyJob] = {}
        self._latest: dict[str, str] = {}  # key of name and number -> native id
        self._keyed: dict[str, str] = {}  # JobSpec.idempotency -> native id
        # Other numbers after each start of the bridge.
        self._ids = itertools.count(int(clock()))
        self._serials = itertools.count(int(clock()))
        self._final: dict[str, JobRecord] = {}
        self._ends: list[End] = []

    def submit(self, spec: JobSpec) -> tuple[DummyJob, bool]:
        """The job, and whether an earlier request has submitted it. Raises ``Conflict`` when its
        name and number, or the caller's key, belong to another token."""
        self._purge()
        job = self._jobs.get(self._keyed.get(spec.idempotency, ""))
        if job is not None and job.spec.token != spec.token:
            raise key_taken()
        if job is None:
            job = self._holder(spec.ref)
        if job is None:
            return self._new(spec), False
        if job.spec.token != spec.token:
            raise number_taken(spec.name, spec.number)
        return job, True

    def get(self, ref: JobRef) -> DummyJob | None:
        """The job of that name, number and native id (the latest where the native id is empty)."""
        job = self._jobs.get(ref.native_id or self._latest.get(ref.key, ""))
        return job if job is not None and job.spec.ref == JobRef(ref.name, ref.number) else None

    def find(self, ref: JobRef) -> DummyJob:
        """``get``; raises ``NotFound``."""
        if (job := self.get(ref)) is None:
            raise not_submitted(ref.name, ref.number, ref.native_id)
        return job

    def with_id(self, id: str) -> DummyJob:
        """The job with that id. Raises ``NotFound``."""
        if (job := self._jobs.get(id)) is None:
            raise no_job(id)
        return job

    def jobs(self) -> Sequence[DummyJob]:
        """All jobs, the oldest first."""
        return list(self._jobs.values())

    def records(self) -> Sequence[JobRecord]:
        """All jobs, the newest first; those that have ended meanwhile get their serial numbers."""
        self._purge()
        now = self._clock()
        found = {
            native_id: self._final.get(native_id) or job.record(now)
            for native_id, job in self._jobs.items()
        }
        new = [job for job in found.values() if job.is_final and job.id not in self._final]
        for job in sorted(new, key=lambda job: (job.ended or 0.0, int(job.id))):
            self._final[job.id] = job
            self._ends.append(End(next(self._serials), job))
        return list(reversed(found.values()))

    def ends(self, after: int) -> Sequence[End]:
        """The final states with higher serial numbers than ``after``, in their order."""
        return [end for end in self._ends if end.serial > after]

    def _holder(self, ref: JobRef) -> DummyJob | None:
        """The job that has this name and number, until they are free again."""
        job = self._jobs.get(self._latest.get(ref.key, ""))
        if job is None or self._clock() - job.cleaned >= NAME_FREE_AFTER:
            return None
        return job

    def _new(self, spec: JobSpec) -> DummyJob:
        s, now = self._settings, self._clock()
        job = DummyJob(
            native_id=str(next(self._ids)),
            spec=spec,
            queued=s.dummy_queued,
            running=s.dummy_running,
            fails=fails(spec.token, s.dummy_failing),
            submitted=now,
            released=inf if spec.held else now,
            folder=Folder(now),
        )
        self._jobs[job.native_id] = job
        self._latest[spec.ref.key] = job.native_id
        if spec.idempotency:
            self._keyed[spec.idempotency] = job.native_id
        return job

    def _purge(self) -> None:
        now, retention = self._clock(), max(self._settings.retention, NAME_FREE_AFTER)
        gone = {i for i, job in self._jobs.items() if job.forgotten_at(retention) < now}
        if not gone:
            return
        for table in (self._jobs, self._final):
            for native_id in gone & table.keys():
                del table[native_id]
        self._latest = {key: i for key, i in self._latest.items() if i not in gone}
        self._keyed = {key: i for key, i in self._keyed.items() if i not in gone}
        self._ends = [end for end in self._ends if end.job.id not in gone]
