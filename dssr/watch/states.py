"""The states of single jobs, each for those who wait for it to change."""

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from dssr.errors import DssrError
from dssr.jobs.states import state_of
from dssr.record import JobRecord, Records


class JobListener(Protocol):
    """Is called by the thread of the watch, and returns at once."""

    def changed(self, job: JobRecord | None, taken: float) -> None:
        """The job in its new state; ``None``: its record is no longer kept. ``taken``: when the
        cluster was asked."""
        ...

    def failed(self, error: DssrError) -> None:
        """The cluster does not answer. Called once for each outage."""
        ...


@dataclass(eq=False, slots=True)
class _Place:
    id: str
    state: str | None  # that the listener knows
    since: float  # what was asked of the cluster before may be older than what the listener knows
    failing: str = ""  # the last error


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
        places = [(one, place) for one, place in self._all() if place.since <= records.taken]
        if not places:
            return
        jobs = {job.id: job for job in records.jobs}
        for listener, place in places:
            place.failing = ""
            job = jobs.get(place.id)
            state = state_of(job) if job else None
            if state != place.state:
                place.state = state
                listener.changed(job, records.taken)

    def fail(self, error: DssrError) -> None:
        """Report an outage to all listeners that do not know of it."""
        for listener, place in self._all():
            if error.message != place.failing:
                place.failing = error.message
                listener.failed(error)

    def _all(self) -> list[tuple[JobListener, _Place]]:
        with self._lock:
            return list(self._places.items())
