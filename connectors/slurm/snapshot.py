"""One look at the cluster for all callers: at most one in flight, as old as a setting allows, none while nobody asks."""

import threading
import time
from collections.abc import Callable, Mapping

from dssr.job import JobStatus

Jobs = Mapping[str, JobStatus]


class Snapshot:
    """Keeps the last look and shares it. Failed looks are not kept: the next caller looks again."""

    def __init__(self, look: Callable[[], Jobs], max_age: float, now: Callable[[], float] = time.monotonic) -> None:
        """``look`` asks the cluster; ``max_age``: seconds for which its answer serves."""
        self._look, self._max_age, self._now = look, max_age, now
        self._lock = threading.Lock()
        self._jobs: Jobs | None = None
        self._taken = 0.0  # when the look behind _jobs began
        self._changed = 0.0  # when the bridge last changed something

    def get(self) -> Jobs:
        """The jobs, from a look that began at most ``max_age`` seconds ago and after the bridge's last change. Raises what
        ``look`` raises. Callers that come while a look is under way wait for it and share it."""
        came = self._now()
        with self._lock:
            if self._jobs is None or not self._is_fresh(came):
                self._jobs = None
                began = self._now()
                jobs = self._look()
                self._jobs, self._taken = jobs, began
            return self._jobs

    def change(self) -> None:
        """The bridge has changed something: what was seen before does not count any more."""
        self._changed = self._now()

    def _is_fresh(self, came: float) -> bool:
        return self._taken > self._changed and came - self._taken <= self._max_age
