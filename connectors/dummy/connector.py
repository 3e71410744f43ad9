"""Jobs that queue, run and end by the clock, for trying an upstream against nothing.

No script runs. Which jobs fail follows from their name, number and script, so a job that failed
fails again. Jobs are in the bridge's memory: after a restart it knows none of them, and gives out
other native ids.
"""

import itertools
import threading
import time
from collections.abc import Callable
from math import inf

from connectors.dummy.jobs import DummyJob, fails
from connectors.dummy.settings import DummySettings
from dssr.errors import Conflict, NotFinal, NotFound, Refused
from dssr.job import (
    NAME_FREE_AFTER,
    JobRef,
    JobResult,
    JobSpec,
    JobState,
    Output,
    Snapshot,
    Submitted,
)
from dssr.record import Why


class DummyConnector:
    """A scheduler that has room for everything. ``clock``: seconds since the epoch."""

    settings_class = DummySettings

    def __init__(self, settings: DummySettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._jobs: dict[str, DummyJob] = {}
        self._latest: dict[str, str] = {}  # key of name and number -> native id
        self._ids = itertools.count(int(clock()))  # other numbers after each start of the bridge
        self._lock = threading.RLock()

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``; it refuses nothing, and forgets with the bridge's
        memory."""
        with self._lock:
            now = self._clock()
            self._purge(now)
            job = self._jobs.get(self._latest.get(spec.ref.key, ""))
            if job is None or now - job.cleaned >= NAME_FREE_AFTER:
                job = self._new(spec, now)
            if job.spec.token != spec.token:
                raise Conflict(
                    f"Another script was submitted as {spec.name} number {spec.number}: "
                    "use another number."
                )
            return Submitted(job.native_id, job.spec.script)

    def snapshot(self) -> Snapshot:
        """Every job that has not ended."""
        with self._lock:
            statuses = {
                native_id: job.status(self._clock()) for native_id, job in self._jobs.items()
            }
        return Snapshot(
            {
                native_id: status
                for native_id, status in statuses.items()
                if not status.state.is_final
            }
        )

    def result(self, ref: JobRef) -> JobResult | None:
        """See ``dssr.seams.Connector``."""
        with self._lock:
            if (job := self._get(ref)) is None:
                return None
            status = job.status(self._clock())
            if not status.state.is_final:
                raise NotFinal(
                    f"Job {job.native_id} ({ref.name} {ref.number}) has not ended: "
                    f"it is {status.state}."
                )
            job.answered = True
            return JobResult(
                status.state, status.elapsed, _text(job.output(job.end)), status.reason
            )

    def cancel(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``; the job is CANCELLED on return."""
        with self._lock:
            job = self._find(ref)
            if not job.status(self._clock()).state.is_final:
                job.cancelled = self._clock()

    def release(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``; ``Refused`` for a job that has started."""
        with self._lock:
            job = self._find(ref)
            if job.status(self._clock()).state is not JobState.PENDING:
                raise Refused(f"Job {job.native_id} is no longer pending execution.")
            job.released = min(job.released, self._clock())

    def output(self, ref: JobRef, lines: int) -> Output:
        """See ``dssr.seams.Connector``."""
        with self._lock:
            job = self._find(ref)
            printed = job.output(self._clock())
        if not printed:
            raise NotFound(
                f"Job {job.native_id} ({ref.name} {ref.number}) has no output, or none yet."
            )
        return _text(printed[-lines:] if lines > 0 else [])

    def describe(self, ref: JobRef) -> str:
        """See ``dssr.seams.Connector``: one ``Key=value`` a line."""
        with self._lock:
            job = self._find(ref)
            status = job.status(self._clock())
        return (
            f"JobId={job.native_id}\nJobName={ref.name}\nJobNumber={ref.number}\n"
            f"JobState={status.state}\nRunSeconds={status.elapsed}\n"
            f"NodeList={','.join(status.nodes)}\n"
        )

    def why(self, ref: JobRef) -> Why:
        """See ``dssr.seams.ExplainsJobs``: the clock decides everything."""
        with self._lock:
            job = self._find(ref)
            status = job.status(self._clock())
        cure = ("Release it.",) if status.reason else ()
        return Why(f"Job {job.native_id} is {status.reason or status.state}.", cure=cure)

    def clean(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        with self._lock:
            job = self._get(ref)
            if job is not None and job.answered:
                job.cleaned = min(job.cleaned, self._clock())

    def ping(self) -> None:
        """Always succeed: there is no cluster to ask."""

    def close(self) -> None:
        """Close nothing: nothing is open."""

    def serves_interactive(self) -> bool:
        """With JARVICE_JOBS_ARE_INTERACTIVE."""
        return self._settings.dummy_interactive

    def url(self, ref: JobRef) -> str:
        """An address as a user would get it, while the job runs and JARVICE_JOBS_ARE_INTERACTIVE is
        set."""
        with self._lock:
            job = self._get(ref)
            running = job is not None and job.status(self._clock()).state is JobState.RUNNING
        if job is None or not running or not self._settings.dummy_interactive:
            return ""
        return f"https://{job.native_id}.{self._settings.jobs_domain or 'jobs.example'}/"

    def _new(self, spec: JobSpec, now: float) -> DummyJob:
        s = self._settings
        job = DummyJob(
            native_id=str(next(self._ids)),
            spec=spec,
            queued=s.dummy_queued,
            running=s.dummy_running,
            fails=fails(spec.token, s.dummy_failing),
            released=inf if spec.held else now,
        )
        self._jobs[job.native_id] = job
        self._latest[spec.ref.key] = job.native_id
        return job

    def _get(self, ref: JobRef) -> DummyJob | None:
        job = self._jobs.get(ref.native_id or self._latest.get(ref.key, ""))
        return job if job is not None and job.spec.ref == JobRef(ref.name, ref.number) else None

    def _find(self, ref: JobRef) -> DummyJob:
        if (job := self._get(ref)) is None:
            raise NotFound(
                f"No job {ref.name} {ref.number} {ref.native_id}".rstrip() + " was submitted here."
            )
        return job

    def _purge(self, now: float) -> None:
        before = now - max(self._settings.retention, NAME_FREE_AFTER)
        self._jobs = {
            native_id: job for native_id, job in self._jobs.items() if job.cleaned >= before
        }
        self._latest = {
            key: native_id for key, native_id in self._latest.items() if native_id in self._jobs
        }


def _text(lines: list[str]) -> Output:
    return Output("".join(f"{line}\n" for line in lines).encode())


plugin = DummyConnector
