"""When a service is looked at again. Pure.

While all is well, that is one command on the login node a minute; while something is due, every two
seconds, and more often only for the moment in which a job begins.
"""

from dssr.job import JobState
from dssr.seams.services import Generation, ServiceView
from dssr.services.chain import Chain, ServiceState

WELL = 60.0  # seconds
DUE = 2.0
FAR = 10.0  # while the start is far away
NEAR = 1.0  # while a job may begin at any moment
BEGUN = 0.2  # while a program starts
_FAR_AWAY = 120.0  # seconds until the expected start
_PATIENT = 600.0  # seconds after which a job in the queue is looked for less often
_BEGINNING = 20.0  # seconds in which most programs have started
_OVER = (ServiceState.FAILED, ServiceState.STOPPED)


def pause(view: ServiceView, chain: Chain) -> float:
    """The seconds until the next look."""
    if chain.state in _OVER:
        return WELL
    if chain.current is None:
        return _until_begun(chain.successor, view.now) if chain.successor else DUE
    beat = chain.current.heartbeat
    if beat is not None and beat.health == "starting":
        return _until_begun(chain.current, view.now)
    is_settled = chain.successor is None or not chain.successor.began
    if beat is None or beat.health != "ready" or not is_settled:
        return DUE
    due = beat.ends if beat.due is None else beat.due
    return min(WELL, max(DUE, due - view.now - WELL))


def _until_begun(first: Generation, now: float) -> float:
    if first.began:
        began = min((at for at, _ in first.events), default=now)
        return BEGUN if now - began < _BEGINNING else DUE
    since = now - (first.asked or now)
    if first.listed is not JobState.PENDING:
        return NEAR
    if first.expected_start:
        return FAR if first.expected_start - now > _FAR_AWAY else NEAR
    return FAR if since > _PATIENT else DUE if since > WELL else NEAR
