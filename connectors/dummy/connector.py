"""Jobs that queue, run and end by the clock, for trying an upstream against nothing.

No script runs. Which jobs fail follows from their name, number and script, so a job that failed
fails again. Jobs are in the bridge's memory: after a restart it knows none of them, and gives out
other native ids.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf

from connectors.dummy import cluster
from connectors.dummy.book import Book
from connectors.dummy.files import Folder, ServesMemoryFiles
from connectors.dummy.settings import DummySettings
from connectors.shared.record_list import RecordList
from connectors.shared.summaries import summary
from dssr.errors import NotFinal, NotFound, Refused, waits_no_more
from dssr.job import JobRef, JobResult, JobSpec, JobState, Output, Snapshot, Submitted
from dssr.record import Checked, End, JobRecord, OutputPart, Records, Why
from dssr.seams import ClusterView, JobServer, Way

_FRESH = 0.5  # seconds for which a list of all jobs is young: it costs little to make


class DummyConnector(ServesMemoryFiles):
    """A scheduler that has room for everything. ``clock``: seconds since the epoch."""

    settings_class = DummySettings

    def __init__(self, settings: DummySettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._book = Book(settings, clock)
        self._lock = self._book.lock
        self._list = RecordList(min(settings.snapshot_age, _FRESH), self._all, clock)

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``; it refuses nothing, and forgets with the bridge's
        memory."""
        with self._lock:
            job, again = self._book.submit(spec)
        self._list.changed()
        return Submitted(job.native_id, job.spec.script, again=again, id=job.native_id)

    def check(self, spec: JobSpec, launch: str) -> Checked:
        """See ``dssr.seams.ChecksJobs``."""
        start = None if spec.held else self._clock() + self._settings.dummy_queued
        return Checked(spec.script, (), expected_start=start)

    def records(self) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        return self._list.get(self._settings.answer_timeout)

    def record(self, id: str) -> JobRecord:
        """See ``dssr.seams.KeepsRecords``."""
        now = self._clock()
        with self._lock:
            job = self._book.with_id(id)
            return replace(job.record(now), output_bytes=len(job.printed(now)))

    def script(self, id: str) -> bytes:
        """See ``dssr.seams.KeepsRecords``."""
        with self._lock:
            return self._book.with_id(id).script

    def ends(self, after: int) -> Sequence[End]:
        """See ``dssr.seams.KeepsRecords``."""
        with self._lock:
            return self._book.ends(after)

    def snapshot(self) -> Snapshot:
        """Every job that has not ended."""
        with self._lock:
            statuses = {job.native_id: job.status(self._clock()) for job in self._book.jobs()}
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
            if (job := self._book.get(ref)) is None:
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
            job = self._book.find(ref)
            if not job.status(self._clock()).state.is_final:
                job.cancelled = self._clock()
        self._list.changed()

    def release(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``; ``Refused`` for a job that has started."""
        with self._lock:
            job = self._book.find(ref)
            if job.status(self._clock()).state is not JobState.PENDING:
                raise Refused(f"Job {job.native_id} is no longer pending execution.")
            job.released = min(job.released, self._clock())
        self._list.changed()

    def hold(self, ref: JobRef) -> None:
        """See ``dssr.seams.HoldsJobs``."""
        with self._lock:
            job = self._book.find(ref)
            if job.status(self._clock()).state is not JobState.PENDING:
                raise waits_no_more(job.native_id)
            job.released = inf
        self._list.changed()

    def output(self, ref: JobRef, lines: int) -> Output:
        """See ``dssr.seams.Connector``."""
        with self._lock:
            job = self._book.find(ref)
            printed = job.output(self._clock())
        if not printed:
            raise NotFound(
                f"Job {job.native_id} ({ref.name} {ref.number}) has no output, or none yet."
            )
        return _text(printed[-lines:] if lines > 0 else [])

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``."""
        now = self._clock()
        with self._lock:
            jobs = {ref: job for ref in offsets if (job := self._book.get(ref)) is not None}
            printed = {ref: job.printed(now) for ref, job in jobs.items()}
        return {
            ref: _part(data, offsets[ref], limit, jobs[ref].end <= now)
            for ref, data in printed.items()
        }

    def describe(self, ref: JobRef) -> str:
        """See ``dssr.seams.Connector``: one ``Key=value`` a line."""
        with self._lock:
            job = self._book.find(ref)
            status = job.status(self._clock())
        return (
            f"JobId={job.native_id}\nJobName={ref.name}\nJobNumber={ref.number}\n"
            f"JobState={status.state}\nRunSeconds={status.elapsed}\n"
            f"NodeList={','.join(status.nodes)}\n"
        )

    def why(self, ref: JobRef) -> Why:
        """See ``dssr.seams.ExplainsJobs``: the clock decides everything."""
        with self._lock:
            job = self._book.find(ref)
            status = job.status(self._clock())
        cure = ("Release it.",) if status.reason else ()
        return Why(f"Job {job.native_id} is {status.reason or status.state}.", cure=cure)

    def summary(self, job: JobRecord) -> str:
        """See ``dssr.seams.SummarizesJobs``."""
        return summary(job, lambda reason: f"It is {reason}." if reason else "It waits.")

    def clean(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``. A job that keeps its files is not cleaned."""
        with self._lock:
            job = self._book.get(ref)
            if job is not None and job.answered and not job.spec.keeps_files:
                job.cleaned = min(job.cleaned, self._clock())

    def ping(self) -> None:
        """Always succeed: there is no cluster to ask."""

    def close(self) -> None:
        """Close nothing: nothing is open."""

    def serves_interactive(self) -> bool:
        """With JARVICE_JOBS_ARE_INTERACTIVE."""
        return self._settings.dummy_interactive

    def server(self, ref: JobRef) -> JobServer | None:
        """An address as a user would get it, while the job runs and JARVICE_JOBS_ARE_INTERACTIVE is
        set."""
        with self._lock:
            job = self._book.get(ref)
            running = job is not None and job.status(self._clock()).state is JobState.RUNNING
        if job is None or not running or not self._settings.dummy_interactive:
            return None
        domain = self._settings.jobs_domain or "jobs.example"
        return JobServer(url=f"https://{job.native_id}.{domain}/")

    def screenshot(self, ref: JobRef) -> bytes:
        """None: nothing runs."""
        return b""

    def way_to_jobs(self) -> Way:
        """Not needed: the addresses are made up."""
        return Way("", {})

    def folder(self, ref: JobRef) -> Folder:
        """See ``ServesMemoryFiles``."""
        with self._lock:
            return self._book.find(ref).folder

    def now(self) -> float:
        """See ``ServesMemoryFiles``."""
        return self._clock()

    def bytes_of_files(self) -> int:
        """See ``ServesMemoryFiles``."""
        with self._lock:
            return sum(job.folder.size for job in self._book.jobs())

    def cluster(self) -> ClusterView:
        """See ``dssr.seams.ShowsCluster``."""
        return cluster.view([job for job in self.records().jobs if not job.is_final])

    def _all(self) -> Sequence[JobRecord]:
        with self._lock:
            return self._book.records()


def _text(lines: list[str]) -> Output:
    return Output("".join(f"{line}\n" for line in lines).encode())


def _part(printed: bytes, offset: int, limit: int, has_ended: bool) -> OutputPart:
    data = printed[offset:][:limit]
    is_complete = has_ended and offset + len(data) >= len(printed)
    return OutputPart(data, offset, len(printed), is_complete)


plugin = DummyConnector
