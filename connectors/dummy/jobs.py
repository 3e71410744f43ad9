"""The course of a dummy job: where it is at a given time, worked out and never stored. Pure."""

from dataclasses import dataclass
from math import inf

from dssr.job import JobRef, JobSpec, JobState, JobStatus


@dataclass
class DummyJob:
    """One job, and what has been done to it. Times are seconds since the epoch, ``inf`` for
    never."""

    native_id: str
    spec: JobSpec
    queued: float  # seconds in the queue, once it is not held
    running: float  # seconds of running
    fails: bool
    released: float  # when it was submitted or, if it was held, released
    cancelled: float = inf
    cleaned: float = inf
    answered: bool = False

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
        elapsed = (
            0 if now < self.start or self.end < self.start else int(min(now, self.end) - self.start)
        )
        nodes = (
            ()
            if state is JobState.PENDING
            else tuple(f"dummy{n}" for n in range(1, self.spec.nodes + 1))
        )
        reason = "held" if state is JobState.PENDING and self.released == inf else ""
        return JobStatus(self.ref, state, elapsed, nodes, reason)

    def output(self, now: float) -> list[str]:
        """The lines that the job has printed until then; none before it runs."""
        state = self._state(now)
        if now < self.start or self.end < self.start:
            return []
        lines = [
            f"This is the dummy job {self.spec.name} {self.spec.number} ({self.native_id}): "
            "nothing runs, the clock decides.",
            f"It was queued for {self.queued:g} s and is to run for {self.running:g} s.",
        ]
        last = {
            JobState.COMPLETED: "JARVICE Job completed OK",
            JobState.FAILED: "JARVICE Job failed, investigate logs",
        }
        return [*lines, last.get(state, f"It is {state}.")]

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
