"""The states of single jobs, each for those who wait for it to change."""

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from dssr.jobs.states import state_of
from dssr.record import JobRecord, Records


class JobListener(Protocol):
    """Is called by the thread of the watch, and returns at once."""

    def changed(self, job: JobRecord | None, taken: float) -> None:
        """The job in its new state; ``None``: its record is no longer kept. ``taken``: when the
        cluster was asked."""
        ...


@dataclass(eq=False, slots=True)
class _Place:
    id: str
    state: str | None  # that the listener knows
    since: float  # what was asked of the cluster before may be older than what the listener knows


class States:
    """All listeners for single jobs. ``look`` is called by one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[JobListener, _Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    def add(self, listener: JobListener, job: JobRecord) -> None:
        """Add a listener that knows the job in this state."""
        with self._lock:
            self._places[listener] = _Place(job.id, state_of(job), time.monotonic())

    def remove(self, listener: JobListener) -> None:
        """Remove a listener, if it is there."""
        with self._lock:
            self._places.pop(listener, None)

    def look(self, records: Records) -> None:
        """Pass on which jobs are in another state."""
        with self._lock:
            places = [(one, p) for one, p in self._places.items() if p.since <= records.taken]
        if not places:
            return
        jobs = {job.id: job for job in records.jobs}
        for listener, place in places:
            job = jobs.get(place.id)
            state = state_of(job) if job else None
            if state != place.state:
                place.state = state
                listener.changed(job, records.taken)
