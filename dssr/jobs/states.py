"""A job's state as the API for people names it. Pure."""

from dssr.job import JobState
from dssr.record import JobRecord

HELD, LOST = "HELD", "LOST"
_S = JobState
# Slurm has more states than people need. What a state is called here, where that is another word.
_NAMES = {
    _S.CONFIGURING: "PENDING",
    _S.RESV_DEL_HOLD: HELD,
    _S.SPECIAL_EXIT: HELD,
    _S.REQUEUE_HOLD: HELD,
    _S.REQUEUE_FED: "REQUEUED",
    _S.RESIZING: "RUNNING",
    _S.STOPPED: "SUSPENDED",
    _S.SIGNALING: "COMPLETING",
    _S.STAGE_OUT: "COMPLETING",
    _S.REVOKED: "CANCELLED",
    _S.LAUNCH_FAILED: "FAILED",
}
WAITING = frozenset({"PENDING", HELD, "REQUEUED"})
ACTIVE = ("PENDING", HELD, "RUNNING", "SUSPENDED", "COMPLETING", "REQUEUED", "UNKNOWN")
ENDED = (
    *("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "PREEMPTED"),
    *("BOOT_FAIL", "DEADLINE", LOST),
)


def state_of(job: JobRecord) -> str:
    """One of ``ACTIVE`` and ``ENDED``. Every final state is in ``ENDED``, and no other."""
    if job.is_final and job.state is JobState.UNKNOWN:
        return LOST
    return name_of(job.state, job.is_held)


def name_of(state: JobState, is_held: bool) -> str:
    """What people call the state of a job that the scheduler lists."""
    return HELD if is_held and state is JobState.PENDING else _NAMES.get(state, state.value)


def reason_of(job: JobRecord) -> str:
    """The scheduler's reason; its own state where ``state_of`` has another word for it."""
    return job.state.value if job.state in _NAMES else job.reason
