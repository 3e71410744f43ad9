"""Changes of the states of all jobs: final states in the cluster's order and once each, others as
they are seen."""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from dssr.errors import DssrError
from dssr.jobs.states import state_of
from dssr.record import End, JobRecord, Records

Ends = Callable[[int], Sequence[End]]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A job has another state. Listeners share these objects."""

    job: JobRecord
    before: str | None  # its state until then, as far as the bridge has seen one
    taken: float  # when the cluster was asked, on the clock of ``time.monotonic``
    serial: int | None = None  # of a final state


class EventListener(Protocol):
    """Is called by the thread of the watch, and returns at once."""

    def changed(self, changes: Sequence[Change], serial: int) -> None:
        """These changes, in their order.

        The first call has the final states behind the serial number that the listener has named,
        and may have none. ``serial``: up to which all final states have been passed on.
        """
        ...

    def failed(self, error: DssrError) -> None:
        """The cluster does not answer. Called once for each outage."""
        ...


@dataclass(eq=False, slots=True)
class _Place:
    """Where a listener is. ``after``: the last serial number that it has, until its first call."""

    after: int | None
    since: float  # when it joined, on the clock of ``time.monotonic``
    is_new: bool = True
    failing: str = ""  # the last error


class Events:
    """All listeners for changes. ``look`` is called by one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[EventListener, _Place] = {}
        self._states: dict[str, str] = {}  # of jobs whose end was not passed on, by id
        self._version: int | None = None  # of the last records
        self._serial: int | None = None  # of the last end that was passed on

    def __len__(self) -> int:
        return len(self._places)

    def add(self, listener: EventListener, after: int | None) -> None:
        """Add a listener. ``after``: the serial number of the last final state that it has; without
        one it gets those from now on."""
        with self._lock:
            self._places[listener] = _Place(after, time.monotonic())

    def remove(self, listener: EventListener) -> None:
        """Remove a listener, if it is there."""
        with self._lock:
            self._places.pop(listener, None)

    def look(self, records: Records, ends: Ends) -> None:
        """Pass on what has changed since the last look. All listeners get the same list of it.

        A listener whose number is beyond the last final state continues behind that one. Where
        another replica may have been ahead, it first waits for records that were taken since.
        """
        places, before = self._all(), self._serial or 0
        # Whatever can fail comes first: what is noted as passed on is passed on. All ends are of
        # one answer, so that none is both missed and new.
        found = ends(min([before, *(p.after for _, p in places if p.after is not None)]))
        changes = [*self._live(records), *self._ended(records, _behind(found, before))]
        serial, missed = self._serial or 0, dict[int | None, Sequence[Change]]({None: ()})
        for listener, place in places:
            if not place.is_new:
                if changes:
                    listener.changed(changes, serial)
            elif place.after is None or place.after <= serial or place.since <= records.taken:
                if place.after is not None and place.after not in missed:
                    ends_behind = _behind(found, place.after)
                    missed[place.after] = [
                        Change(end.job, None, records.taken, end.serial) for end in ends_behind
                    ]
                listener.changed(missed[place.after], serial)
                place.is_new, place.after = False, None
            place.failing = ""

    def fail(self, error: DssrError) -> None:
        """Report an outage to all listeners that do not know of it."""
        for listener, place in self._all():
            if error.message != place.failing:
                place.failing = error.message
                listener.failed(error)

    def _all(self) -> list[tuple[EventListener, _Place]]:
        with self._lock:
            return list(self._places.items())

    def _live(self, records: Records) -> list[Change]:
        """The jobs that are in another state and have not ended, the oldest first."""
        if records.version == self._version:
            return []
        changes, known, self._states = [], self._states, {}
        for job in reversed(records.jobs):
            state, before = state_of(job), known.get(job.id)
            if not job.is_final:
                self._states[job.id] = state
                if state != before:
                    changes.append(Change(job, before, records.taken))
            elif before:  # until its end is passed on
                self._states[job.id] = before
        self._version = records.version
        return changes

    def _ended(self, records: Records, ends: Sequence[End]) -> list[Change]:
        """The final states that are new. Those before the first look are not."""
        is_first, last = self._serial is None, self._serial or 0
        self._serial = ends[-1].serial if ends else last
        if is_first:
            return []
        return [
            Change(end.job, self._states.pop(end.job.id, None), records.taken, end.serial)
            for end in ends
        ]


def _behind(ends: Sequence[End], serial: int) -> Sequence[End]:
    """Those with higher serial numbers."""
    return ends[bisect_right(ends, serial, key=attrgetter("serial")) :]
