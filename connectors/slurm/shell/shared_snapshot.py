"""One query of the cluster for all callers: at most one is under way, its answer serves as long as
a setting allows, and none is sent while no caller asks."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType

from connectors.slurm.shell.remote import Call
from connectors.slurm.words.commands import TIMED_OUT
from connectors.slurm.words.squeue import Squeue
from dssr.errors import ConnectFailed, Unavailable
from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.seams import Figure

Query = Callable[[], Mapping[str, JobStatus]]

_ATTENTIVE = 30.0  # seconds after a change by this bridge in which answers must be younger
_ATTENTIVE_AGE = 2.0  # seconds
# Seconds for which a failure is repeated. Answers must be right within two seconds of the cluster's
# return.
_REPEATED = 1.0


class SharedSnapshot:
    """Keeps the last answer of the cluster and shares it, together with what this bridge has done
    since.

    A failed query is not kept. The callers that waited for it share its error, and so do callers of
    the next second: each caller waits once for a cluster that is away, not once for each caller
    before it.
    """

    def __init__(
        self,
        query: Query,
        max_age: float,
        patience: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``query``: asks the cluster, within a deadline of its own. ``max_age``: seconds for
        which the answer serves. ``patience``: seconds that a caller waits at most."""
        self._query, self._max_age = query, max_age
        self._patience, self._now = patience, now
        self._lock = threading.Lock()
        self._answered = False
        self._running: Future[Snapshot] | None = None
        self._failure: Failure | None = None
        self._seen: Snapshot | None = None  # the last answer itself
        # The same with this bridge's changes; None when a query has failed since.
        self._shown: Snapshot | None = None
        # Whether it lacks changes. They are applied when a caller asks, since jobs are many.
        self._outdated = False
        self._changed = self._stale_before = float("-inf")
        self._submitted: dict[JobRef, tuple[float, JobStatus]] = {}
        self._cancelled: dict[JobRef, float] = {}
        self._ended: dict[JobRef, tuple[float, JobState]] = {}
        self._unlisted: dict[JobRef, None] = {}  # in this order

    def get(self, until: float = float("inf"), newer_than: float = float("-inf")) -> Snapshot:
        """The jobs, by a query that began after ``newer_than`` and after the changes that were
        noted before this call. Later changes concern later callers, so that a caller waits for two
        queries at most.

        Both times are on the clock that was given. Raises what ``query`` raises, and
        ``Unavailable`` when it takes longer than ``until`` or than the patience.
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
                    return self._current()
                running = self._running or self._start()
            try:
                seen = running.result(max(0.0, until - self._now()))
            except TimeoutError as error:
                raise Unavailable("The cluster did not answer in time.") from error
            if seen.taken > needed:
                return seen

    def submitted(self, ref: JobRef, owner: str = "") -> None:
        """Note a submitted job: it is pending until a query shows more."""
        with self._lock:
            self._changed = self._now()
            self._submitted[ref] = (self._changed, JobStatus(ref, JobState.PENDING, owner=owner))
            self._outdated = True

    def cancelled(self, ref: JobRef) -> None:
        """Note a cancelled job: it is ending, or has ended if it had not begun."""
        with self._lock:
            self._changed = self._cancelled[ref] = self._now()
            self._outdated = True

    def changed(self) -> None:
        """Note a change that only a new query can show."""
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
                about = "Seconds since the cluster was asked and answered"
                found.append(Figure("dssr_snapshot_age_seconds", about, age))
            return found

    def unlisted(self) -> list[JobRef]:
        """The jobs of this bridge that no query after their submission has listed: Slurm hides
        them, or they ended very soon."""
        with self._lock:
            return list(self._unlisted)

    def explained(self, ref: JobRef) -> None:
        """Note that it is known where an unlisted job is."""
        with self._lock:
            self._unlisted.pop(ref, None)

    def ended(self, ref: JobRef, state: JobState) -> None:
        """Note how a job ended: after its result was returned it is not shown as running."""
        self.explained(ref)
        with self._lock:
            self._ended[ref] = self._now(), state
            self._outdated = True

    def postponed(self, ref: JobRef) -> None:
        """Note that it is still not known where an unlisted job is: the others are examined before
        it next time."""
        with self._lock:
            if ref in self._unlisted:
                del self._unlisted[ref]
                self._unlisted[ref] = None

    def _is_young(self, shown: Snapshot) -> bool:
        now = self._now()
        is_attentive = now - self._changed < _ATTENTIVE
        most = min(self._max_age, _ATTENTIVE_AGE) if is_attentive else self._max_age
        return now - shown.taken <= most

    def _start(self) -> "Future[Snapshot]":
        """Send a query, in a thread of its own: each caller has another deadline, and no query may
        fail because of one caller's haste. Called under the lock."""
        running: Future[Snapshot] = Future()
        try:
            threading.Thread(
                target=self._run, args=(running,), name="dssr-query", daemon=True
            ).start()
        except RuntimeError as error:
            raise Unavailable(
                f"The bridge cannot start a thread to query the cluster ({error}): raise its "
                f"limit on processes."
            ) from error
        self._running = running
        return running

    def _run(self, running: "Future[Snapshot]") -> None:
        """Run the query. Whatever is raised, it ends: all later callers would wait for it."""
        began = self._now()
        try:
            shown = self._noted(self._query(), began)
        except BaseException as error:
            with self._lock:
                self._running = self._shown = None
                self._answered, self._failure = False, Failure.of(error, began, self._now())
            running.set_exception(error)
            return
        running.set_result(shown)

    def _noted(self, jobs: Mapping[str, JobStatus], began: float) -> Snapshot:
        with self._lock:
            self._running = self._failure = None
            self._seen, self._answered = Snapshot(jobs, began), True
            self._unlisted |= {ref: None for ref, (t, _) in self._submitted.items() if t < began}
            self._unlisted = {ref: None for ref in self._unlisted if not self._seen.find(ref)}
            self._submitted = {ref: (t, s) for ref, (t, s) in self._submitted.items() if t >= began}
            self._cancelled = {ref: t for ref, t in self._cancelled.items() if t >= began}
            self._ended = {ref: (t, s) for ref, (t, s) in self._ended.items() if t >= began}
            self._shown = self._seen
            self._outdated = bool(self._submitted or self._cancelled or self._ended)
            return self._current()

    def _current(self) -> Snapshot:
        """The last answer with all changes. Called under the lock, after a query that has not
        failed."""
        assert self._seen is not None
        assert self._shown is not None
        if self._outdated:
            self._shown, self._outdated = self._with_changes(self._seen), False
        return self._shown

    def _with_changes(self, seen: Snapshot) -> Snapshot:
        """This bridge's changes, applied to that answer. A new job may have the id of an older one:
        Slurm's ids begin again after a reset."""
        jobs = Snapshot(seen, seen.taken)
        for ref, (_, status) in self._submitted.items():
            if not seen.find(ref):
                jobs[ref.native_id] = status
        for ref, ordered in self._cancelled.items():
            if (listed := jobs.find(ref)) and not listed.state.is_final:
                ended = JobState.CANCELLED if listed.state.is_queued else JobState.COMPLETING
                jobs[ref.native_id] = replace(listed, state=ended, ordered=ordered)
        for ref, (_, state) in self._ended.items():
            if listed := jobs.find(ref):
                jobs[ref.native_id] = replace(listed, state=state)
        return jobs


@dataclass(frozen=True)
class Failure:
    """The error of the last question, as long as it is repeated."""

    error: BaseException
    origin: TracebackType | None  # each caller that raises the error would make it longer
    until: float

    @classmethod
    def of(cls, error: BaseException, began: float, ended: float) -> "Failure":
        """The failure of a question that began and ended then. A failure to connect is repeated
        only for as long as the attempt took: the transport decides when to try again."""
        spared = min(_REPEATED, ended - began) if isinstance(error, ConnectFailed) else _REPEATED
        return cls(error, error.__traceback__, ended + spared)

    def again(self) -> BaseException:
        """The error, ready to be raised again."""
        return self.error.with_traceback(self.origin)


def listed_jobs(command: Squeue, call: Call) -> Mapping[str, JobStatus]:
    """Ask the controller for all jobs. Raises ``Unavailable`` when it does not answer."""
    # timeout(1) ends it on the login node too: a controller that hangs would collect commands.
    limit = str(max(1, int(call.left())))
    words = ["env", "SLURM_TIME_FORMAT=%s", "timeout", limit, *command.argv()]
    done = call.run("squeue", words)
    if done.returncode == TIMED_OUT:
        raise Unavailable(
            f"Slurm's controller does not answer: squeue had no answer within {limit} s."
        )
    return command.parse(done)
