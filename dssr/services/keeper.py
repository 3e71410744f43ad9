"""Follows one service, and has its front lead to the job that is to have new connections.

One keeper of a service is enough for any number of clients. All that it knows is in the service's
folder and in its front, so another process can go on where one ends.
"""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dssr.errors import DssrError, NotFound
from dssr.seams.services import FrontUse, Generation, How, Place, Services, ServiceView
from dssr.service import ServiceSpec
from dssr.services import pace
from dssr.services.beforehand import Beforehand
from dssr.services.chain import ServiceState, chain, is_over
from dssr.services.fronts import Front, Leaving
from dssr.services.process import ProcessGone, ProcessRefused
from dssr.services.sight import Sight

log = logging.getLogger(__name__)
_TICK = 0.25  # seconds between looks at the front, which is on this machine
_LEAST = 0.05
_AGAIN = 5.0  # seconds after a query that failed; twice as long each time
_LONGEST = 60.0
_OFTEN = 60.0  # seconds in which what was asked for should happen
_CHECKED = 10.0  # seconds in which a target must be healthy as seen from here
_LAST = 3.0  # seconds before the end of a job at which it gets no more callers, without overlap
_ANSWERS = 10.0  # seconds for the requests that are under way when their job has little time left
_SELDOM = 10.0  # seconds between looks because callers wait, while the folder says that all is well
_LEFT = 30.0  # seconds in which a job ends once no front has anything to do with it
_SUBMITS = 40.0  # seconds in which a job knows whether it has a successor
_NUMBER = re.compile(r"generation (\d+),")


def look(services: Services, place: Place, use: FrontUse | None = None) -> Sight:
    """A service now, without a front. Raises what ``Services.view`` raises."""
    view = services.view(place, use)
    return Sight(view, chain(view))


class Keeper:
    """Keeps one service's front. ``step`` and ``run`` are for one thread; ``sight`` is for all."""

    def __init__(
        self,
        services: Services,
        place: Place,
        get_front: Callable[[ServiceSpec], Front],
        report: Callable[[Sight], object] = lambda _sight: None,
        leaving: Callable[[], Leaving] = Leaving,
        mark: str = "",
    ) -> None:
        """``get_front``: the running front of the service, or a new one. ``report``: is called
        with each new sight. ``leaving``: the job to which no callers are to be sent any more.
        ``mark``: of the front in the service's folder; '': it is not noted there."""
        self._services, self._place, self._mark = services, place, mark
        self._get_front, self._report, self._leaving = get_front, report, leaving
        self._noted = 0  # what the folder says of the front: see ``FrontUse.oldest``
        self.front: Front | None = None
        self.sight: Sight | None = None
        self.looks = 0  # commands on the login node
        self._next = self._last = 0.0
        self._often_until = 0.0
        self._failures = 0
        self._beforehand = Beforehand(services, place)
        self._waited = 0  # callers that have waited or been sent again, as the front counts them
        self._nudged = threading.Event()

    def run(self, stopping: threading.Event) -> None:
        """Keep the front until ``stopping`` is set. Raises ``NotFound`` when the service's folder
        is gone, ``SettingsError`` for a front that cannot be started."""
        while not stopping.is_set():
            self.step()
            stopping.wait(self.rest)

    @property
    def rest(self) -> float:
        """Seconds until the next step."""
        return min(_TICK, max(_LEAST, self._next - time.monotonic()))

    def nudge(self) -> None:
        """Look now, and often for a while: something has been asked of the service."""
        self._nudged.set()

    def step(self) -> None:
        """Look at the front, and at the service if it is time. Raises as ``run`` does."""
        now = time.monotonic()
        if now >= self._next or self._is_urgent(now):
            if self._nudged.is_set():
                self._nudged.clear()
                self._often_until = now + _OFTEN
            self._last = now
            self._look()

    def _is_urgent(self, now: float) -> bool:
        """Whether there is a reason to look before it is time."""
        if self._nudged.is_set():
            return True
        if self.front is None or self.sight is None:
            return False
        is_handing_over = self.sight.chain.state is ServiceState.HANDING_OVER
        if is_handing_over and not self._failures and _oldest(self._status()) > self._noted:
            return True
        if now - self._last < pace.DUE:
            return False
        status = self._status()
        waited = int(status.get("held", 0)) + int(status.get("repeated", 0))
        has_waiting, self._waited = waited > self._waited, waited
        if not status or not replace(self.sight, front=status).is_served:
            return not self.sight.is_over or has_waiting
        is_ill = status["health"]["state"] != "healthy"
        return (has_waiting or is_ill) and now - self._last > _SELDOM

    def _look(self) -> None:
        self.looks += 1
        noted = _oldest(self._status())
        try:
            use = FrontUse(self._mark, noted) if self._mark else None
            sight = look(self._services, self._place, use)
        except NotFound:
            raise
        except DssrError as error:  # which is no evidence of anything
            self._failed(error)
            return
        self._failures, self._noted = 0, noted
        if not sight.is_over or self.front is not None:
            sight = self._led(sight)
        pause = self._pause(sight)
        if self._beforehand.extend(sight):
            pause = min(pause, pace.DUE)
        self._next = time.monotonic() + pause
        self.sight = sight
        self._report(sight)

    def _failed(self, error: DssrError) -> None:
        self._failures += 1
        self._next = time.monotonic() + min(_LONGEST, _AGAIN * 2 ** (self._failures - 1))
        log.warning("%s cannot be looked at: %s", self._place.name, error.message)
        if self.sight is not None:
            self.sight = replace(self.sight, error=error.message, front=self._status())
            self._report(self.sight)

    def _pause(self, sight: Sight) -> float:
        seconds = pace.pause(sight.view, sight.chain)
        is_new = self.sight is not None and _number(sight) != _number(self.sight)
        if is_new:  # what was asked for has happened
            self._often_until = 0.0
        has_left = _oldest(sight.front) > self._noted
        if has_left and self._mark and sight.chain.state is ServiceState.HANDING_OVER:
            self._often_until = time.monotonic() + _LEFT
            return 0.0  # the old job may end as soon as it knows
        is_often = sight.refused or time.monotonic() < self._often_until
        return min(seconds, pace.DUE) if is_often else seconds

    def _led(self, sight: Sight) -> Sight:
        """Have the front lead where the chain says."""
        refused = ""
        try:
            self.front = self.front or self._get_front(sight.view.spec)
            status = self.front.order("status")
            self._report_job(sight, status)
            self._drain_ended(sight, status)
            refused = self._aim(sight, status)
        except ProcessGone:
            log.warning("The front of %s has ended: another one is started.", self._place.name)
            self.front = None
        except ProcessRefused as error:
            refused = error.message
        return replace(sight, front=self._status(), refused=refused)

    def _status(self) -> Mapping[str, Any]:
        if self.front is not None:
            with contextlib.suppress(ProcessGone, ProcessRefused):
                return self.front.order("status", patience=5.0)
            self.front = None
        return {}

    def _report_job(self, sight: Sight, status: Mapping[str, Any]) -> None:
        """Say to the front what the scheduler says of the target's job and node."""
        assert self.front is not None
        found = _generation_at(status.get("target"), sight)
        if found is None or found.listed is None or not found.listed.is_running:
            return
        self.front.order("observe", target=name_of(found), check="job", outcome="ok")
        if found.nodes:
            self.front.order("observe", target=name_of(found), check="host", outcome="ok")

    def _drain_ended(self, sight: Sight, status: Mapping[str, Any]) -> None:
        """Send no connections to a job that has ended: callers wait for the next one."""
        assert self.front is not None
        target, current = status.get("target"), sight.chain.current
        if target and current is not None and self._leaves(current, sight.view):
            self.front.order("drain", drain=_LAST)
        if not target or current is not None:
            return
        found = _generation_at(target, sight)
        if found is None or is_over(found, sight.view):
            self.front.order("drain", drain=0)

    def _leaves(self, current: Generation, view: ServiceView) -> bool:
        """Whether the job ends before the next one begins, and that is now."""
        beat = current.heartbeat
        if view.spec.overlap or beat is None:
            return False
        leaving = self._leaving()
        is_asked = current.number == leaving.generation and not _stays(leaving, view)
        return is_asked or beat.ends - view.now < _LAST

    def _aim(self, sight: Sight, status: Mapping[str, Any]) -> str:
        """Lead to the current job; why not, if the front finds that it does not answer."""
        assert self.front is not None
        wanted, target = sight.chain.current, status.get("target")
        if wanted is None or wanted.address is None or wanted.heartbeat is None:
            return ""
        if self._leaves(wanted, sight.view):
            return ""
        is_there = target is not None and target["name"] == name_of(wanted)
        if is_there or wanted.heartbeat.health != "ready":
            return ""
        try:
            self.front.order(
                "target",
                name=name_of(wanted),
                host=wanted.address.node,
                port=wanted.address.port,
                secret=wanted.address.secret,
                drain=_drain(_generation_at(target, sight), sight.view),
                within=_CHECKED,
                patience=_CHECKED + 240,
            )
        except ProcessRefused as error:
            return error.message
        return ""


def _stays(leaving: Leaving, view: ServiceView) -> bool:
    """Whether a job that was to make room serves on, because the scheduler has not taken its
    successor, or has not answered."""
    later = [g for g in view.generations if g.number > leaving.newest]
    refused = any(g.end and g.end.how in (How.REFUSED, How.FAILED, How.ABANDONED) for g in later)
    lost = any(not g.job and g.asked and view.now - g.asked > _SUBMITS for g in later)
    return refused or lost


def _oldest(status: Mapping[str, Any]) -> int:
    """The oldest generation that a front leads to or drains, by its status; 0: there is none."""
    used = [status.get("target"), *status.get("draining", ())]
    found = (_NUMBER.match(one["name"]) for one in used if one)
    return min((int(match[1]) for match in found if match), default=0)


def _number(sight: Sight) -> int:
    return sight.chain.current.number if sight.chain.current else 0


def name_of(generation: Generation) -> str:
    """The name of a generation's target in the front."""
    address = generation.address
    where = f" at {address.node}:{address.port}" if address else ""
    return f"generation {generation.number}, job {generation.job}{where}"


def _generation_at(target: Mapping[str, Any] | None, sight: Sight) -> Generation | None:
    """The generation that a front's target is, if it is still shown."""
    if not target:
        return None
    return next((g for g in sight.view.generations if name_of(g) == target["name"]), None)


def _drain(old: Generation | None, view: ServiceView) -> float:
    """For how long the old job's connections may last: as long as it may run, less a minute, but
    the requests that are under way are given some seconds."""
    if view.spec.drain is not None:
        return view.spec.drain
    if old is None or old.heartbeat is None:
        return _ANSWERS
    left = old.heartbeat.ends - view.now
    return max(0.0, left - 60, min(_ANSWERS, left - _LAST))
