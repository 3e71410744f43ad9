"""The course of a dummy job: where it is at a given time, worked out and never stored. Pure."""

import hashlib
from dataclasses import dataclass, field
from math import inf

from connectors.dummy.files import Folder
from dssr.job import JobRef, JobSpec, JobState, JobStatus, Resources
from dssr.record import About, JobRecord


@dataclass
class DummyJob:
    """One job, and what has been done to it. Times are seconds since the epoch, ``inf`` for
    never."""

    native_id: str
    spec: JobSpec
    queued: float  # seconds in the queue, once it is not held
    running: float  # seconds of running
    fails: bool
    submitted: float
    released: float  # when it was submitted or, if it was held, released
    cancelled: float = inf
    cleaned: float = inf
    answered: bool = False
    folder: Folder = field(default_factory=Folder)

    @property
    def ref(self) -> JobRef:
        """Name, number and native id."""
        return JobRef(self.spec.name, self.spec.number, self.native_id)

    @property
    def start(self) -> float:
        """When it starts to run."""
        return self.released + self.queued

    @property
    def end(self) -> float:
        """When it ends, by itself, by its time limit or by a cancellation."""
        return min(self._own_end, self.cancelled)

    def status(self, now: float) -> JobStatus:
        """Where the job is at that time."""
        state = self._state(now)
        has_started = self.start <= min(now, self.end)
        elapsed = (
            0 if now < self.start or self.end < self.start else int(min(now, self.end) - self.start)
        )
        nodes = (
            ()
            if not has_started
            else tuple(f"dummy{n}" for n in range(1, max(1, self.spec.nodes) + 1))
        )
        return JobStatus(
            self.ref,
            state,
            elapsed,
            nodes,
            "held" if state is JobState.PENDING and self.released == inf else "",
            id=self.native_id,
            submitted=self.submitted,
            started=self.start if has_started else None,
            ended=self.end if self.end <= now else None,
            expected_start=self.start if now < self.start < inf and not state.is_final else None,
            resources=self._resources,
        )

    def record(self, now: float) -> JobRecord:
        """All that is known of the job at that time."""
        status, spec = self.status(now), self.spec
        codes = {JobState.COMPLETED: 0, JobState.FAILED: 1}
        return JobRecord.of_status(
            status,
            owner=spec.owner,
            about=About(
                executor=spec.executor,
                image=spec.image,
                script_sha256=hashlib.sha256(self.script).hexdigest(),
                labels=spec.labels,
                keeps_files=spec.keeps_files,
            ),
            exit_code=codes.get(status.state),
            is_held=status.reason == "held",
            evidence=("submission",) if status.state.is_queued else ("record",),
        )

    @property
    def script(self) -> bytes:
        """The script that would run."""
        return self.spec.submitted_script

    def forgotten_at(self, retention: float) -> float:
        """When its record is no longer kept."""
        return (self.end if self.spec.keeps_files else self.cleaned) + retention

    def output(self, now: float) -> list[str]:
        """The lines that the job has printed until then; none before it runs. No line changes."""
        state = self._state(now)
        if now < self.start or self.end < self.start:
            return []
        lines = [
            f"This is the dummy job {self.spec.name} {self.spec.number} ({self.native_id}): "
            "nothing runs, the clock decides.",
            f"It was queued for {self.queued:g} s and is to run for {self.running:g} s.",
            "It is RUNNING.",
        ]
        if state is JobState.RUNNING:
            return lines
        last = {
            JobState.COMPLETED: "JARVICE Job completed OK",
            JobState.FAILED: "JARVICE Job failed, investigate logs",
        }
        return [*lines, last.get(state, f"It is {state}.")]

    def printed(self, now: float) -> bytes:
        """The same as one text."""
        return "".join(f"{line}\n" for line in self.output(now)).encode()

    @property
    def _resources(self) -> Resources:
        spec, nodes = self.spec, max(1, self.spec.nodes)
        return Resources(
            spec.partition,
            nodes=nodes,
            cores=nodes * max(1, spec.cores),
            memory_mb=nodes * spec.memory_mb or None,
            gpus=nodes * spec.gpus,
            walltime=spec.walltime,
        )

    @property
    def _own_end(self) -> float:
        limit = inf if self.spec.walltime is None else self.spec.walltime
        return self.start + min(self.running, limit)

    def _state(self, now: float) -> JobState:
        if now < self.end:
            return JobState.PENDING if now < self.start else JobState.RUNNING
        if self.cancelled < self._own_end:
            return JobState.CANCELLED
        if self.spec.walltime is not None and self.spec.walltime < self.running:
            return JobState.TIMEOUT
        return JobState.FAILED if self.fails else JobState.COMPLETED


def fails(token: str, percent: int) -> bool:
    """Whether the job of that token is among the ``percent`` of a hundred that fail: always the
    same for the same job."""
    return int(token[:8], 16) % 100 < percent
