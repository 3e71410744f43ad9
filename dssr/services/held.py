"""A service that a bridge holds: a thread that keeps its front."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from dssr.errors import Conflict, DssrError, NotFound
from dssr.seams.services import Place, Services
from dssr.service import ServiceSpec
from dssr.services.front.lock import FrontLock
from dssr.services.fronts import Front, Fronts
from dssr.services.keeper import Keeper
from dssr.services.sight import Sight

log = logging.getLogger(__name__)
_TICK = 0.25  # seconds
_DUE = 2.0  # seconds between looks at a service that is to end
_OBEYS = 120.0  # seconds in which the jobs of a service obey
_LINGERS = 600.0  # seconds for which the front of a service that has ended is kept
_AGAIN = 30.0  # seconds after a step that failed
_ABSENT = 90.0  # seconds of looks that find no folder: a listing may be older than the folder


class Held:
    """One service. It ends by itself some time after the service has ended.

    :ivar owner: the local user whose service it is; '': the bridge's own.
    :ivar problem: why there is no front; '': there is one, or there will be.
    """

    def __init__(
        self,
        services: Services,
        place: Place,
        owner: str,
        fronts: Fronts,
        get_front: Callable[[ServiceSpec], Front],
        removed: Callable[[], object] = lambda: None,
    ) -> None:
        """``removed``: is called when the folder has been removed, for which ``end`` was asked."""
        self.owner, self.problem = owner, ""
        self.place, self._fronts, self._services, self._removed = place, fronts, services, removed
        leaving = partial(fronts.leaving, place.name)
        self._keeper = Keeper(services, place, get_front, self._see, leaving, fronts.mark)
        self._seen: tuple[Sight, float] | None = None
        self._over_since: float | None = None
        self._absent_since: float | None = None
        self._is_ending = self._is_purging = self._is_removed = self._has_ended = False
        self._nudged = self._asked = self._tried = 0.0
        self._deciding = threading.Lock()
        self._lock: FrontLock | None = None
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"service {place.name}", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the service is still kept."""
        return not self._has_ended

    @property
    def seen(self) -> tuple[Sight, float] | None:
        """The service, and when it was looked at on the clock of ``time.monotonic``; ``None``
        before the first look, and where another process keeps it."""
        return self._seen

    @property
    def addresses(self) -> Mapping[str, str]:
        """``url`` and ``browser_url``; empty without a front."""
        front = self._fronts.running(self.place.name)
        return {"url": front.url, "browser_url": front.browser_url} if front else {}

    def go_on(self) -> bool:
        """Look now, and keep the service that was asked to start or to hand over; ``False`` if it
        is kept no more, for which this waits."""
        with self._deciding:
            if not self._has_ended:
                self._over_since, self._absent_since = None, None
                self._is_ending = self._is_purging = self._is_removed = False
                self._keeper.nudge()
                self._woken.set()
                return True
        self._thread.join()
        return False

    def end(self, *, purge: bool = False) -> None:
        """End with the service, at once: it was asked to end. ``purge``: remove its folder, too."""
        with self._deciding:
            self._is_ending, self._asked = True, time.monotonic()
            self._is_purging = self._is_purging or purge
        self._woken.set()

    def leave(self) -> None:
        """Keep it no more. Its front goes on, and the next process takes it over."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def _see(self, sight: Sight) -> None:
        self._seen, now = (sight, time.monotonic()), time.monotonic()
        self._over_since = (self._over_since or now) if sight.is_over else None

    def _run(self) -> None:
        while not self._is_over():
            self._step()
            self._stopping.wait(_TICK)
        if self._lock is not None:
            try:
                self._end_front()
            finally:
                self._lock.release()
        if self._is_purging and not self._stopping.is_set():
            self._removed()

    def _step(self) -> None:
        """Keep the front, unless another process does. No fault ends it: the front is in use."""
        try:
            self._lock = self._lock or self._fronts.keep(self.place.name)
            if self._lock is not None:
                self._hurry()
                self._keeper.step()
                self._purge()
            self.problem, self._absent_since = "", None
        except NotFound as error:
            self._absent_since = self._absent_since or time.monotonic()
            self._failed(error.message)
        except DssrError as error:
            self._failed(error.message)
        except Exception:
            log.exception("The service %s cannot be kept.", self.place.name)
            self._failed("An unexpected fault, which is in the bridge's log.")

    def _failed(self, why: str) -> None:
        self.problem = why
        log.warning("The service %s has no front: %s", self.place.name, why)
        self._woken.wait(_AGAIN)
        self._woken.clear()
        self._keeper.nudge()  # what failed is not due yet

    def _hurry(self) -> None:
        """Look often at a service that is to end, until its jobs have obeyed."""
        now = time.monotonic()
        if self._is_ending and now - self._nudged > _DUE and now - self._asked < _OBEYS:
            self._nudged = now
            self._keeper.nudge()

    def _purge(self) -> None:
        """Remove the folder once all jobs have ended, if that was asked for."""
        with self._deciding:  # so that no start is asked for meanwhile
            now = time.monotonic()
            is_over = self._over_since is not None
            if not (self._is_purging and is_over) or now - self._tried < _DUE:
                return
            self._tried = now
            with contextlib.suppress(Conflict):  # a job of it is still ending
                self._services.remove(self.place)
                self._is_removed = True

    def _is_over(self) -> bool:
        with self._deciding:
            now, since, absent = time.monotonic(), self._over_since, self._absent_since
            is_over = since is not None and now - since > _LINGERS
            is_left = self._is_purging and not self._is_removed and absent is None
            is_ended = (since or absent) is not None and self._is_ending and not is_left
            is_gone = absent is not None and now - absent > _ABSENT
            self._has_ended = is_over or is_ended or is_gone or self._stopping.is_set()
            return self._has_ended

    def _end_front(self) -> None:
        """Unless this process alone ends."""
        front = self._fronts.running(self.place.name)
        if front and not self._stopping.is_set():
            self._fronts.stop(front)
