"""What a service's folder shows -> its state, and the generation that takes new connections. Pure.

A state needs evidence: a job's own word, a heartbeat, or what the scheduler lists. A query that
failed is no evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dssr.seams.services import Exposure, Generation, How, ServiceView

SILENT_AFTER = 300  # seconds without a heartbeat; the longest time between two is 60
_BAD = (How.FAILED, How.REFUSED)
_EXPOSED = {
    Exposure.NODE: "all users of its node reach the program, which listens on loopback",
    Exposure.NETWORK: "all users of the cluster reach the program, which listens on the network",
}


class ServiceState(StrEnum):
    """Where a service is."""

    STARTING = "starting"  # it has not been ready yet
    READY = "ready"
    HANDING_OVER = "handing-over"  # a successor has begun, or takes over
    RESTARTING = "restarting"  # it was ready before, and waits for its next job or program
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Failure:
    """Why a generation does not start, or does not take over; a sentence."""

    generation: Generation
    why: str


@dataclass(frozen=True)
class Chain:
    """A service now. ``current``: the generation for new connections. ``failure``: of what is to
    follow it."""

    state: ServiceState
    why: str  # of FAILED and STOPPED: the job's own sentence
    current: Generation | None
    successor: Generation | None
    started_by: str
    walltime_left: float | None  # seconds
    warnings: tuple[str, ...]
    failure: Failure | None = None


def chain(view: ServiceView) -> Chain:
    """The chain of generations that the view shows."""
    live = [g for g in view.generations if not is_over(g, view)]
    current = _current(live)
    later = [g for g in live if current is None or g.number > current.number]
    state = _state(view, live, current)
    over = state in (ServiceState.FAILED, ServiceState.STOPPED)
    last = _last(view.generations)
    failure = None if over else _failure(view, live, current)
    return Chain(
        state,
        _why(view, last) if over else "",
        current,
        later[-1] if later and not over else None,
        view.generations[-1].user if view.generations else "",
        max(0.0, current.heartbeat.ends - view.now) if current and current.heartbeat else None,
        (*_of_failure(failure, current), *_warnings(view, live, current)),
        failure,
    )


def ahead(view: ServiceView) -> int:
    """How many generations wait behind the first one that has not ended; -1: all have."""
    live = [g for g in view.generations if not is_over(g, view)]
    begun = max((g.number for g in live if g.began), default=0)
    waiting = sum(g.number > begun for g in live)
    return waiting if begun else waiting - 1


def is_over(generation: Generation, view: ServiceView) -> bool:
    """Whether there is evidence that its job has ended, or can run nothing any more."""
    if generation.end is not None:
        return True
    if not generation.began:
        is_gone = generation.listed is None or generation.listed.is_final
        return generation.number <= view.down or (bool(generation.job) and is_gone)
    if generation.listed is None or generation.listed.is_final:
        return _is_silent(generation, view, 2 * view.spec.heartbeat)
    # The scheduler may hide a job of another member of the team.
    is_hidden = not generation.listed.is_queued and not generation.listed.is_running
    return is_hidden and _is_silent(generation, view, SILENT_AFTER)


def _is_silent(generation: Generation, view: ServiceView, seconds: float) -> bool:
    beat = generation.heartbeat
    since = beat.at if beat else generation.asked or 0.0
    return view.now - since > seconds


def _current(live: Sequence[Generation]) -> Generation | None:
    """The newest that is well; or else the newest that listens."""
    serving = [g for g in live if g.address and g.heartbeat]
    well = [g for g in serving if g.heartbeat and g.heartbeat.health == "ready"]
    return next(iter(well or serving), None)


def _state(
    view: ServiceView, live: Sequence[Generation], current: Generation | None
) -> ServiceState:
    if not live:
        last = _last(view.generations)
        is_bad = last is not None and (last.end is None or last.end.how in _BAD)
        return ServiceState.FAILED if is_bad else ServiceState.STOPPED
    beat = current.heartbeat if current else None
    if beat is None or beat.health in ("restarting", "starting"):
        was_ready = any(g.took is not None for g in view.generations)
        return ServiceState.RESTARTING if was_ready else ServiceState.STARTING
    others = [g for g in live if g is not current and g.began]
    return ServiceState.HANDING_OVER if others else ServiceState.READY


def _failure(
    view: ServiceView, live: Sequence[Generation], current: Generation | None
) -> Failure | None:
    """Of a job that can never start, or else of the newest version beside the one that serves."""
    after = current.number if current else 0
    for stuck in (g for g in live if g.number > after and g.stuck and not g.began):
        ends = f" Until then, the service ends with job {current.job}." if current else ""
        why = f"Job {stuck.job} can never start as it is. {stuck.stuck}{ends}"
        return Failure(stuck, why)
    if current is None:
        return None
    later = (g for g in view.generations if g.number > after)
    last = _last([g for g in later if g.version != current.version])
    if last is None or last.end is None or last.took is not None:
        return None
    said = f" {last.end.lines[-1]}" if last.end.how is How.REFUSED and last.end.lines else ""
    return Failure(last, f"Generation {last.number} failed. {last.end.why}{said}")


def _of_failure(failure: Failure | None, current: Generation | None) -> Sequence[str]:
    if failure is None:
        return []
    if failure.generation.end is None or current is None:
        return [failure.why]
    return [
        f"{failure.why} It runs another version: job {current.job} goes on, and the jobs after it "
        "run as it does. Mend the other version, and run 'dssr service up' again."
    ]


def _last(generations: Sequence[Generation]) -> Generation | None:
    """The newest that did not merely wait for its predecessor."""
    kept = (g for g in generations if not (g.end and g.end.how is How.ABANDONED))
    return next(kept, None)


def _why(view: ServiceView, last: Generation | None) -> str:
    if last is None:
        return ""
    if last.end is not None:
        return last.end.why
    state = f" ({last.listed})" if last.listed else ""
    gone = f"Job {last.job} of generation {last.number} is gone{state}, and did not say why"
    if last.began:
        return f"{gone}."
    cause = f"{gone}: it wrote nothing into {view.folder}. See whether {last.user} may write there"
    where = f" from {last.nodes[0]}" if last.nodes else ""
    # Slurm keeps a user's groups for GroupUpdateTime: ten minutes unless set (slurm.conf(5)).
    group = f" A scheduler can take ten minutes to notice that they have joined {view.spec.team}."
    return f"{cause}{where}.{group if view.spec.team else ''}"


def _warnings(
    view: ServiceView, live: Sequence[Generation], current: Generation | None
) -> Sequence[str]:
    found = []
    waiting = ahead(view)
    if view.beforehand and live:
        found.append(
            f"A job could not submit its successor ({view.beforehand.rstrip('.')}). Jobs are "
            "submitted beforehand while a command or a bridge leads to the service: "
            f"{waiting} wait now, and it ends with the last of them."
        )
    if current and current.address:
        address = current.address
        if address.exposure in _EXPOSED:
            found.append(
                f"On {address.node}, {_EXPOSED[address.exposure]}: have it listen on $DSSR_SOCKET."
            )
        if not address.secret:
            found.append(
                f"{address.node} has neither socat nor a python3 that can relay, so port "
                f"{address.port} is open to all users of the cluster."
            )
    failures = current.heartbeat.failures if current and current.heartbeat else 0
    if current and failures > view.spec.retries and waiting < 1:
        found.append(
            f"The successor failed {failures} times, and there are no more "
            f"attempts: the service ends with job {current.job}. Restart it once that is cured."
        )
    return found
