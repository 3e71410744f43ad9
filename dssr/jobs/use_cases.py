"""What people and programs do with jobs: submit, check, find, list, cancel, hold, ask why, read.

Everything is asked of the bridge's connector, so that this API and the legacy one report the same.
"""

import itertools
import logging
import shlex
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from dssr.bridge import Bridge
from dssr.errors import Conflict, NotFound, Unavailable
from dssr.job import OUTPUT_LINES, JobRef, JobSpec, JobState, Output, Submitted
from dssr.jobs import fallback
from dssr.jobs.cursor import cursor_at, read_cursor
from dssr.jobs.index import Index, Wanted
from dssr.jobs.launchers import Launchers
from dssr.jobs.page import Page
from dssr.jobs.request import JobRequest, Origin, spec_of
from dssr.jobs.states import WAITING, state_of
from dssr.record import ID, Checked, JobRecord, OutputPart, Records, Why
from dssr.seams import (
    ChecksJobs,
    ExplainsJobs,
    HoldsJobs,
    KeepsRecords,
    LocatesJobs,
    ReadsOutput,
    SummarizesJobs,
    WrapsScripts,
)
from dssr.upstream.job_script import site_exports

log = logging.getLogger(__name__)


class Jobs:
    """The jobs of a bridge. All methods may be called from many threads."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge, self._connector = bridge, bridge.connector
        self._launchers = Launchers(
            bridge.settings.executor, bridge.executor, bridge.executor_settings, bridge.settings
        )
        self._versions = itertools.count(1)
        self._index = Index(Records((), time.monotonic(), 0))
        self._snapshot: object = None
        # Examined once: for a protocol, isinstance takes as long as a whole look-up.
        connector = bridge.connector
        self._keeper = connector if isinstance(connector, KeepsRecords) else None
        self._locator = connector if isinstance(connector, LocatesJobs) else None

    def submit(self, asked: JobRequest, origin: Origin) -> tuple[JobRecord, bool]:
        """Submit once; the job, and whether an earlier request with the same key submitted it.

        Raises ``BadRequest`` (nothing was done), ``Conflict`` for a key that came with another
        request, and what ``Connector.submit`` raises.
        """
        spec = self._spec(asked, origin)
        submitted = self.bridge.submit_spec(spec, self._launch(spec))
        if submitted.again:
            with suppress(Unavailable):  # a replay is as old as the list that it is from
                self.index()
        return self._submitted(spec, submitted), submitted.again

    def check(self, asked: JobRequest, origin: Origin) -> Checked:
        """What ``submit`` would send, without submitting. Raises what ``submit`` raises for a
        request that is wrong."""
        spec = self._spec(asked, origin)
        launch = self._launch(spec)
        if isinstance(self._connector, ChecksJobs):
            return self._connector.check(spec, launch)
        options = [f"--{name}={value}" if value else f"--{name}" for name, value in spec.options]
        return Checked(spec.script, options)

    def index(self) -> Index:
        """All jobs whose record is kept. Without records: those that the scheduler lists."""
        if self._keeper is not None:
            records = self._keeper.records()
            self.bridge.observed.listed(records)
            if records is not self._index.records:
                self._index = Index(records)
            return self._index
        snapshot = self.bridge.snapshot()
        if snapshot is not self._snapshot:
            records = fallback.records_of(snapshot, next(self._versions))
            self._index, self._snapshot = Index(records), snapshot
        return self._index

    @property
    def taken(self) -> float:
        """When the cluster was asked for what is known, on the clock of ``time.monotonic``."""
        return self._index.records.taken

    def find(self, name: str) -> JobRecord:
        """The job with this id, native id or name. Raises ``NotFound`` and ``Conflict``."""
        index = self.index()
        if self._keeper is None:
            return index.find(name)
        try:
            name = index.find(name).id
        except NotFound:
            if not ID.fullmatch(name):
                raise
        job = self._keeper.record(name)
        self.bridge.observed.found(job)
        return job

    def locate(self, name: str) -> JobRecord:
        """The same, for what is kept of the job: its script, output and files. For a job's id or
        native id, the scheduler is not asked where the connector can do without."""
        if self._locator is not None and ID.fullmatch(name):
            with suppress(NotFound):
                return self._locator.located(name)
        return self.find(name)

    def page(self, wanted: Wanted, limit: int, after: str = "") -> Page:
        """The jobs of a list behind a cursor, newest first."""
        return _page_of(self.index(), wanted, limit, after)

    def last_page(self, wanted: Wanted, limit: int, after: str = "") -> Page:
        """The same of the jobs as they were last seen, for where the cluster does not answer."""
        return _page_of(self._index, wanted, limit, after)

    def last_known(self, name: str) -> JobRecord:
        """The job as it was last seen. Raises ``NotFound`` and ``Conflict``."""
        return self._index.find(name)

    def cancel(self, job: JobRecord) -> JobRecord:
        """End the job; one that has ended stays as it is. Returns the job afterwards."""
        if not job.is_final:
            self.bridge.cancel(job.ref)
        return self._again(job)

    def release(self, job: JobRecord) -> JobRecord:
        """Let a held job start. ``Conflict``: it has started. ``Refused``: the scheduler's
        words."""
        if (state := state_of(job)) not in WAITING:
            raise Conflict(f"Job {job.id} is {state}: only a job that waits can be released.")
        self.bridge.release(job.ref)
        return self._again(job)

    def hold(self, job: JobRecord) -> JobRecord:
        """Keep a job that waits from starting. ``Conflict``: it has started or ended."""
        if (state := state_of(job)) not in WAITING:
            end = "" if job.is_final else " To end it, cancel it."
            raise Conflict(f"Job {job.id} is {state}: only a job that waits can be held.{end}")
        if not isinstance(self._connector, HoldsJobs):
            raise Conflict(
                f"The connector {self.bridge.settings.connector!r} holds no jobs that wait: "
                'cancel the job, and submit it with "held": true.'
            )
        self._connector.hold(job.ref)
        log.info("Held: job %s/%s/%s", job.ref.name, job.ref.number, job.ref.native_id)
        return self._again(job)

    def why(self, job: JobRecord) -> Why:
        """Why the job waits, runs, or ended as it did."""
        if isinstance(self._connector, ExplainsJobs):
            return self._connector.why(job.ref)
        return fallback.explanation_of(job)

    def summary(self, job: JobRecord) -> str:
        """One sentence: why the job waits or how it failed; empty where there is nothing to say.
        Nothing is asked of the cluster."""
        if isinstance(self._connector, SummarizesJobs):
            return self._connector.summary(job)
        return ""

    def script(self, job: JobRecord) -> bytes:
        """The script as it was submitted. ``NotFound`` where none is kept."""
        if self._keeper is not None:
            return self._keeper.script(job.id)
        raise NotFound(f"No script of job {job.id} is kept.")

    def batch_script(self, job: JobRecord) -> bytes:
        """What the scheduler was given: a batch script around the job's own, or that itself."""
        if isinstance(self._connector, WrapsScripts):
            return self._connector.batch_script(job.id)
        return self.script(job)

    def tail(self, job: JobRecord, lines: int) -> Output:
        """The last lines of the job's output; nothing while there is none."""
        return self._last_lines(job.ref, lines)

    def output_part(self, job: JobRecord, offset: int, limit: int) -> OutputPart:
        """At most ``limit`` bytes of the job's output from that byte on, or from the first that is
        kept."""
        found = self.read_outputs({job.ref: offset}, limit).get(job.ref)
        return found or OutputPart(b"", offset, 0, job.is_final)

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``. Without that ability: of the last lines of each job."""
        if isinstance(self._connector, ReadsOutput):
            return self._connector.read_outputs(offsets, limit)
        return {
            ref: fallback.output_part(
                self._last_lines(ref, OUTPUT_LINES), offset, limit, self._has_ended(ref)
            )
            for ref, offset in offsets.items()
        }

    def _last_lines(self, ref: JobRef, lines: int) -> Output:
        try:
            return self._connector.output(ref, lines)
        except NotFound:
            return Output(b"")

    def _has_ended(self, ref: JobRef) -> bool:
        try:
            return self.index().of_ref(ref).is_final
        except NotFound:  # a scheduler lists no job that has ended
            return True

    def _spec(self, asked: JobRequest, origin: Origin) -> JobSpec:
        """What a request asks for; an executor also finds what is the site's."""
        spec = spec_of(asked, origin)
        exports = site_exports(self.bridge.settings).items()
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in exports]
        return spec if spec.plain else replace(spec, parameters="".join(lines))

    def _launch(self, spec: JobSpec) -> str:
        if spec.plain:
            return ""
        executor, settings = self._launchers.find(spec.executor)
        return executor.launch(spec, settings)

    def _submitted(self, spec: JobSpec, submitted: Submitted) -> JobRecord:
        """The job as it is on the cluster. That it was submitted is certain, whatever can be read
        of it now."""
        ref = JobRef(spec.name, spec.number, submitted.native_id)
        try:
            if submitted.id and self._keeper is not None:
                job = self._keeper.record(submitted.id)
                is_new = job.evidence == ("submission",) and job.state is JobState.PENDING
                return replace(job, is_held=spec.held) if is_new else job
            return self.index().of_ref(ref)
        except (NotFound, Unavailable):
            return fallback.just_submitted(spec, submitted)

    def _again(self, job: JobRecord) -> JobRecord:
        """The job after something was done to it."""
        try:
            return self.find(job.id)
        except NotFound:  # without records, a job that has ended is listed no more
            return replace(job, evidence=("submission",))


def _page_of(index: Index, wanted: Wanted, limit: int, after: str) -> Page:
    jobs, place = index.page(wanted, limit, read_cursor(after) if after else None)
    return Page(jobs, cursor_at(place) if place else None, index.records.taken)
