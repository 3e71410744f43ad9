"""One look at the cluster for all callers: at most one in flight, as old as a setting allows, none while nobody asks."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace

from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.seams import Figure

Look = Callable[[], Mapping[str, JobStatus]]

_ATTENTIVE = 30.0  # seconds after a change of ours in which looks are younger
_ATTENTIVE_AGE = 2.0  # seconds


class SharedSnapshot:
    """Keeps the last look and shares it, together with what this bridge has done since. A failed look is not kept, but those
    who waited for it share its error: a dead cluster costs each caller one wait, not one for each caller before him."""

    def __init__(self, look: Look, max_age: float, patience: float, now: Callable[[], float] = time.monotonic) -> None:
        """``look`` asks the cluster; its answer serves for ``max_age`` seconds, and nobody waits longer than ``patience``."""
        self._look, self._max_age, self._patience, self._now = look, max_age, patience, now
        self._lock = threading.Lock()
        self._answered = False
        self._flight: Future[Snapshot] | None = None
        self._seen: Snapshot | None = None  # the last look itself
        self._shown: Snapshot | None = None  # the same with our own changes
        self._changed = self._stale_before = float("-inf")
        self._submitted: dict[str, tuple[float, JobStatus]] = {}
        self._cancelled: dict[str, float] = {}
        self._unseen: dict[str, JobRef] = {}

    def get(self) -> Snapshot:
        """The jobs. Raises what ``look`` raises, and ``Unavailable`` when it takes longer than anybody may wait."""
        until = self._now() + self._patience
        while True:
            with self._lock:
                if self._shown is not None and self._is_fresh():
                    return self._shown
                flight, mine = self._flight, self._flight is None
                if flight is None:
                    flight = self._flight = Future()
            if mine:
                self._fly(flight)
            try:
                seen = flight.result(max(0.0, until - self._now()))
            except TimeoutError as error:
                raise Unavailable("The cluster did not answer in time.") from error
            if seen.taken > self._stale_before:  # else it began before a change of ours
                return seen

    def submitted(self, ref: JobRef, owner: str = "") -> None:
        """A job was submitted: it is pending until a look says more."""
        with self._lock:
            self._changed = self._now()
            self._submitted[ref.native_id] = (self._changed, JobStatus(ref, JobState.PENDING, owner=owner))
            self._show()

    def cancelled(self, ref: JobRef) -> None:
        """A job was cancelled: it is ending, or has ended if it had not begun."""
        with self._lock:
            self._changed = self._cancelled[ref.native_id] = self._now()
            self._show()

    def changed(self) -> None:
        """Something happened that only a new look can tell."""
        with self._lock:
            self._changed = self._stale_before = self._now()

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``: whether the cluster answered when it was last asked, and when it last did."""
        with self._lock:
            about = "Whether the cluster answered when it was last asked"
            found = [Figure("dssr_cluster_answered", about, float(self._answered))]
            if self._seen is not None:
                age = max(0.0, self._now() - self._seen.taken)
                found.append(Figure("dssr_snapshot_age_seconds", "Seconds since the cluster was asked and answered", age))
            return found

    def unseen(self) -> list[JobRef]:
        """Jobs of ours that no look after their submission has shown: Slurm hides them, or they were over very soon."""
        with self._lock:
            return list(self._unseen.values())

    def explained(self, ref: JobRef) -> None:
        """It is known where the job is."""
        with self._lock:
            self._unseen.pop(ref.native_id, None)

    def _is_fresh(self) -> bool:
        assert self._shown is not None
        now = self._now()
        age = min(self._max_age, _ATTENTIVE_AGE) if now - self._changed < _ATTENTIVE else self._max_age
        return self._shown.taken > self._stale_before and now - self._shown.taken <= age

    def _fly(self, flight: "Future[Snapshot]") -> None:
        began = self._now()
        try:
            jobs = self._look()
        except BaseException as error:
            with self._lock:
                self._flight = self._shown = None
                self._answered = False
            flight.set_exception(error)
            return
        with self._lock:
            self._flight = None
            self._seen, self._answered = Snapshot(jobs, began), True
            self._unseen |= {i: s.ref for i, (t, s) in self._submitted.items() if t < began}
            self._unseen = {i: ref for i, ref in self._unseen.items() if i not in jobs}
            self._submitted = {i: (t, s) for i, (t, s) in self._submitted.items() if t >= began}
            self._cancelled = {i: t for i, t in self._cancelled.items() if t >= began}
            self._show()
            shown = self._shown
        assert shown is not None
        flight.set_result(shown)

    def _show(self) -> None:
        """Put our own changes over the last look. Called under the lock."""
        if self._seen is None:
            return
        jobs = {native_id: status for native_id, (_, status) in self._submitted.items()} | self._seen
        for native_id in self._cancelled:
            if (status := jobs.get(native_id)) and not status.state.is_final:
                ended = JobState.CANCELLED if status.state.is_queued else JobState.COMPLETING
                jobs[native_id] = replace(status, state=ended)
        self._shown = Snapshot(jobs, self._seen.taken)
