"""Watches the current target: looks at it again and again, and keeps what was found."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dssr.services.front.configuration import Configuration
from dssr.services.front.health import Check, Health, Observation, Outcome, State, Verdict
from dssr.services.front.probes import probe
from dssr.services.front.reasons import Refusal
from dssr.services.front.targets import Target

log = logging.getLogger(__name__)
_SOON = 1.0  # seconds between looks while the target is not healthy
_KEPT = 50  # incidents


@dataclass(frozen=True)
class Incident:
    """A change of the health of a target."""

    at: float
    target: str
    state: str
    reason: str


class Watch:
    """What is known of the targets' health."""

    def __init__(self, how: Configuration, refusal: Refusal) -> None:
        self._how, self._refusal = how, refusal
        self.incidents: deque[Incident] = deque(maxlen=_KEPT)
        self._target: Target | None = None
        self._health = self.new_health()
        self._state = State.STARTING

    def new_health(self) -> Health:
        """The health of an instance of which nothing is known yet."""
        needed = (Check.PORT, Check.PATH) if self._how.path else (Check.PORT,)
        return Health(time.monotonic(), needed, self._how.start, self._how.tolerances)

    def follow(self, target: Target | None, health: Health) -> None:
        """Watch this target from now on."""
        self._target, self._health = target, health
        self._state = self.verdict.state

    @property
    def verdict(self) -> Verdict:
        """How the current target is."""
        return self._health.verdict(time.monotonic())

    async def ready(self, target: Target, within: float) -> tuple[Health, Verdict]:
        """Look at a target that has no callers yet, until it is healthy or the time has passed."""
        health, deadline, pause = self.new_health(), time.monotonic() + within, 0.05
        while True:
            for seen in await self._look(target):
                health = health.after(seen)
            verdict = health.verdict(time.monotonic())
            if verdict.state is State.HEALTHY or time.monotonic() + pause > deadline:
                return health, verdict
            await asyncio.sleep(pause)
            pause = min(2 * pause, 1.0)

    async def run(self) -> None:
        """Look at the current target for ever.

        A program that answers others is alive: that it keeps one check waiting is no evidence.
        """
        while True:
            well = self._target is None or self.verdict.state is State.HEALTHY
            await asyncio.sleep(self._how.every if well else min(_SOON, self._how.every))
            if (target := self._target) is None:
                continue
            try:
                await self._look_at_current(target)
            except Exception:
                log.exception("%s could not be looked at.", target.name)

    async def _look_at_current(self, target: Target) -> None:
        before = target.sent
        found = await self._look(target)
        if target.sent > before:
            found = [_without_silence(seen) for seen in found]
        self.note(found, target)

    def note(self, found: Sequence[Observation], target: Target) -> None:
        """Add observations, unless they are of another target than the current one."""
        if target is not self._target:
            return
        for seen in found:
            self._health = self._health.after(seen)
        verdict = self.verdict
        if verdict.state is not self._state:
            self._state = verdict.state
            self._report(verdict, target)

    def _report(self, verdict: Verdict, target: Target) -> None:
        self.incidents.append(Incident(time.time(), target.name, verdict.state, verdict.reason))
        log.warning("%s is %s. %s", target.name, verdict.state, verdict.reason)

    def report_gap(self, target: Target, seconds: float) -> None:
        """Keep for how long there was no target before this one."""
        words = f"Callers waited for it for {seconds:.1f} s."
        self.incidents.append(Incident(time.time(), target.name, "current", words))

    async def _look(self, target: Target) -> list[Observation]:
        how = self._how
        return await probe(target, how.path, how.name, how.timeout, self._refusal)

    def describe(self) -> dict[str, Any]:
        """The health as ``status`` shows it."""
        verdict = self.verdict
        return {"state": verdict.state, "check": verdict.check, "reason": verdict.reason}


def _without_silence(seen: Observation) -> Observation:
    silent = seen.outcome is Outcome.SILENT
    return replace(seen, outcome=Outcome.UNKNOWN) if silent else seen
