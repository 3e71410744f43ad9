"""One look at the cluster for all callers: at most one in flight, as old as a setting allows, none
while nobody asks."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType

from dssr.errors import ConnectFailed, Unavailable
from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.seams import Figure

Look = Callable[[], Mapping[str, JobStatus]]

_ATTENTIVE = 30.0  # seconds after a change of ours in which looks are younger
_ATTENTIVE_AGE = 2.0  # seconds
# Seconds for which a failure is; within two of the cluster's return answers are to be right again.
_REPEATED = 1.0


class SharedSnapshot:
    """Keeps the last look and shares it, together with what this bridge has done since. A failed
    look is not kept, but those who waited for it share its error, and so, for a second, do those
    who come after them: a dead cluster costs each caller one wait, not one for each caller before
    him."""

    def __init__(
        self, look: Look, max_age: float, patience: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        """``look`` asks the cluster, within a deadline of its own; its answer serves for
        ``max_age`` seconds, and nobody waits longer than ``patience``."""
        self._look, self._max_age, self._patience, self._now = look, max_age, patience, now
        self._lock = threading.Lock()
        self._answered = False
        self._flight: Future[Snapshot] | None = None
        self._failure: _Failure | None = None
        self._seen: Snapshot | None = None  # the last look itself
        self._shown: Snapshot | None = (
            None  # the same with our own changes; none when a look has failed since
        )
        # There are changes that it does not show: made only when somebody looks, since jobs are
        # many.
        self._outdated = False
        self._changed = self._stale_before = float("-inf")
        self._submitted: dict[JobRef, tuple[float, JobStatus]] = {}
        self._cancelled: dict[JobRef, float] = {}
        self._ended: dict[JobRef, tuple[float, JobState]] = {}
        self._unseen: dict[JobRef, None] = {}  # in this order

    def get(self, until: float = float("inf"), newer_than: float = float("-inf")) -> Snapshot:
        """The jobs, by a look that began after ``newer_than``, and after the changes that were told
        before this call: what changes later concerns later callers, so that nobody waits for more
        than two looks.

        Both times are on the clock that was given. Raises what ``look`` raises, and ``Unavailable``
        when it takes longer than ``until`` or than anybody may wait.
        """
        until = min(until, self._now() + self._patience)
        with self._lock:
            needed = max(self._stale_before, newer_than)
        while True:
            with self._lock:
                if self._failure is not None and self._now() < self._failure.until:
                    raise self._failure.again()
                if (
                    self._shown is not None
                    and self._shown.taken > needed
                    and self._is_young(self._shown)
                ):
                    return self._with_news()
                flight = self._flight or self._begin()
            try:
                seen = flight.result(max(0.0, until - self._now()))
            except TimeoutError as error:
                raise Unavailable("The cluster did not answer in time.") from error
            if seen.taken > needed:
                return seen

    def submitted(self, ref: JobRef, owner: str = "") -> None:
        """A job was submitted: it is pending until a look says more."""
        with self._lock:
            self._changed = self._now()
            self._submitted[ref] = (self._changed, JobStatus(ref, JobState.PENDING, owner=owner))
            self._outdated = True

    def cancelled(self, ref: JobRef) -> None:
        """A job was cancelled: it is ending, or has ended if it had not begun."""
        with self._lock:
            self._changed = self._cancelled[ref] = self._now()
            self._outdated = True

    def changed(self) -> None:
        """Something happened that only a new look can tell."""
        with self._lock:
            self._changed = self._stale_before = self._now()

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``: whether the cluster answered when it was last asked, and when
        it last did."""
        with self._lock:
            about = "Whether the cluster answered when it was last asked"
            found = [Figure("dssr_cluster_answered", about, float(self._answered))]
            if self._seen is not None:
                age = max(0.0, self._now() - self._seen.taken)
                found.append(
                    Figure(
                        "dssr_snapshot_age_seconds",
                        "Seconds since the cluster was asked and answered",
                        age,
                    )
                )
            return found

    def unseen(self) -> list[JobRef]:
        """Jobs of ours that no look after their submission has shown: Slurm hides them, or they
        were over very soon."""
        with self._lock:
            return list(self._unseen)

    def explained(self, ref: JobRef) -> None:
        """It is known where the job is."""
        with self._lock:
            self._unseen.pop(ref, None)

    def ended(self, ref: JobRef, state: JobState) -> None:
        """It is known how the job ended: who was told so is not shown it as running after that."""
        self.explained(ref)
        with self._lock:
            self._ended[ref] = self._now(), state
            self._outdated = True

    def postponed(self, ref: JobRef) -> None:
        """Nobody could say where the job is: the others come before it next time."""
        with self._lock:
            if ref in self._unseen:
                del self._unseen[ref]
                self._unseen[ref] = None

    def _is_young(self, shown: Snapshot) -> bool:
        now = self._now()
        age = (
            min(self._max_age, _ATTENTIVE_AGE)
            if now - self._changed < _ATTENTIVE
            else self._max_age
        )
        return now - shown.taken <= age

    def _begin(self) -> "Future[Snapshot]":
        """Look, in a thread of its own: each caller has another deadline, and no look may fail for
        one caller's haste. Called under the lock."""
        flight: Future[Snapshot] = Future()
        try:
            threading.Thread(
                target=self._fly, args=(flight,), name="dssr-look", daemon=True
            ).start()
        except RuntimeError as error:
            raise Unavailable(
                f"The system gives the bridge no thread to ask the cluster ({error}): raise its "
                f"limit on processes."
            ) from error
        self._flight = flight
        return flight

    def _fly(self, flight: "Future[Snapshot]") -> None:
        """Whatever is raised on the way, the flight ends: all later callers would wait for it."""
        began = self._now()
        try:
            shown = self._saw(self._look(), began)
        except BaseException as error:
            with self._lock:
                self._flight = self._shown = None
                self._answered, self._failure = False, _Failure.of(error, began, self._now())
            flight.set_exception(error)
            return
        flight.set_result(shown)

    def _saw(self, jobs: Mapping[str, JobStatus], began: float) -> Snapshot:
        with self._lock:
            self._flight = self._failure = None
            self._seen, self._answered = Snapshot(jobs, began), True
            self._unseen |= {ref: None for ref, (t, _) in self._submitted.items() if t < began}
            self._unseen = {ref: None for ref in self._unseen if not self._seen.find(ref)}
            self._submitted = {ref: (t, s) for ref, (t, s) in self._submitted.items() if t >= began}
            self._cancelled = {ref: t for ref, t in self._cancelled.items() if t >= began}
            self._ended = {ref: (t, s) for ref, (t, s) in self._ended.items() if t >= began}
            self._shown = self._seen
            self._outdated = bool(self._submitted or self._cancelled or self._ended)
            return self._with_news()

    def _with_news(self) -> Snapshot:
        """What is shown, with all changes. Called under the lock, after a look that has not failed."""
        assert self._seen is not None
        assert self._shown is not None
        if self._outdated:
            self._shown, self._outdated = self._with_changes(self._seen), False
        return self._shown

    def _with_changes(self, seen: Snapshot) -> Snapshot:
        """Our own changes over that look. A job of ours may have the id of an older one: Slurm's
        begin again after a reset."""
        jobs = Snapshot(seen, seen.taken)
        jobs.update(
            {
                ref.native_id: status
                for ref, (_, status) in self._submitted.items()
                if not seen.find(ref)
            }
        )
        for ref in self._cancelled:
            if (status := jobs.find(ref)) and not status.state.is_final:
                ended = JobState.CANCELLED if status.state.is_queued else JobState.COMPLETING
                jobs[ref.native_id] = replace(status, state=ended)
        for ref, (_, state) in self._ended.items():
            if status := jobs.find(ref):
                jobs[ref.native_id] = replace(status, state=state)
        return jobs


@dataclass(frozen=True)
class _Failure:
    """The error of the last look, as long as it is repeated."""

    error: BaseException
    origin: TracebackType | None  # without those who were told of it: each would make it longer
    until: float

    @classmethod
    def of(cls, error: BaseException, began: float, ended: float) -> "_Failure":
        """Without a connection nothing was run, and the transport itself knows when to try again:
        what is to be spared then is only another wait as long as this one."""
        spared = min(_REPEATED, ended - began) if isinstance(error, ConnectFailed) else _REPEATED
        return cls(error, error.__traceback__, ended + spared)

    def again(self) -> BaseException:
        """To be raised."""
        return self.error.with_traceback(self.origin)
