"""Why a job is in its state: from what Slurm, the record and the output say, to sentences. Pure.

The state itself is decided elsewhere, by the rules of evidence; what is here explains it and never
decides another one.
"""

from connectors.shared.amounts import span
from connectors.slurm.words import figures
from connectors.slurm.words.figures import counted, span_of, when
from connectors.slurm.words.findings import Findings
from connectors.slurm.words.states import seconds_of, time_limit_of
from connectors.slurm.words.why_ended import why_ended
from connectors.slurm.words.why_waiting import why_waiting
from dssr.job import JobState
from dssr.record import Why

_RUNS = {
    JobState.RUNNING: "is running",
    JobState.SUSPENDED: "is suspended: it keeps its nodes and does not run",
    JobState.STOPPED: "is stopped by a signal: it keeps its nodes and does not run",
    JobState.SIGNALING: "is being sent a signal",
    JobState.STAGE_OUT: "has run, and its data are being copied out",
    JobState.RESIZING: "is running and about to change its size",
    JobState.COMPLETING: "has ended, and Slurm is cleaning up on its nodes",
    JobState.CONFIGURING: "has its nodes, and they are being made ready for it",
}
# States that are reasons themselves, where Slurm gives no word.
_REASONS = {
    JobState.REQUEUE_HOLD: "job requeued in held state",
    JobState.SPECIAL_EXIT: "job requeued in special exit state",
    JobState.RESV_DEL_HOLD: "ReservationDeleted",
}
_CURES = {
    JobState.SUSPENDED: "An operator, or a job of higher rank, suspended it: wait, or ask them.",
    JobState.COMPLETING: "Wait; if it lasts for more than some minutes, report it to the operator.",
    JobState.CONFIGURING: "Wait; nodes that are switched off take some minutes to boot.",
}


def explain(state: JobState, found: Findings, reason: str = "") -> Why:
    """Why the job is in that state. ``reason``: squeue's ``%r``, used where scontrol was silent."""
    if state is JobState.UNKNOWN:
        return _lost(found)
    if state in _RUNS:
        return _running(state, found)
    if state.is_queued or state in _REASONS:
        return why_waiting(found, reason or _REASONS.get(state, ""))
    return why_ended(state, found)


def _running(state: JobState, found: Findings) -> Why:
    job = found.job
    start, nodes = job.get("StartTime", ""), job.get("NodeList", "")
    since = f" since {when(start)}" if start.isdecimal() and state is JobState.RUNNING else ""
    on = f", on {nodes}" if nodes else ""
    because = [_time_left(job["RunTime"], job.get("TimeLimit", ""))] if job.get("RunTime") else []
    suspended = job.get("SuspendTime", "")
    if state is JobState.SUSPENDED and suspended.isdecimal():
        because.append(f"It was suspended at {when(suspended)}.")
    restarts = job.get("Restarts", "0")
    if restarts != "0":
        because.append(f"Slurm has put it back into the queue {counted(restarts, 'time')}.")
    cure = (_CURES[state],) if state in _CURES else ()
    said = f"scontrol show job {found.native_id}: JobState={job.get('JobState', '?')}"
    summary = f"Job {found.native_id} {_RUNS[state]}{since}{on}."
    return Why(summary, tuple(because), cure, (said,) if job else ())


def _time_left(run_time: str, limit: str) -> str:
    ran = f"It has run for {span_of(run_time)}"
    if not time_limit_of(limit):
        return f"{ran}, without a time limit."
    left = seconds_of(limit) - seconds_of(run_time)
    if left < 0:
        return f"{ran}: longer than its time limit of {span_of(limit)}; Slurm is about to end it."
    return f"{ran}; {span(left)} of its time limit of {span_of(limit)} are left."


def _lost(found: Findings) -> Why:
    """What was examined, each with what it showed."""
    job, accounting = found.sections.get("job"), found.sections.get("accounting")
    examined = []
    if job is not None and not found.job:
        examined.append(f"Slurm's controller does not show the job. It says: {_first(job)}")
    elif found.job:
        examined.append(f"Slurm's controller shows the state {found.job.get('JobState')}.")
    if accounting is not None and not found.runs:
        examined.append(f"Slurm's accounting has no row of the job. It says: {_first(accounting)}")
    elif found.last_run:
        examined.append(f"Slurm's accounting shows the state {found.last_run.state}.")
    examined.append(_about_the_record(found))
    if found.cancelled is None:
        examined.append("It was not cancelled through this bridge.")
    else:
        at = figures.when(str(int(found.cancelled)))
        examined.append(f"It was cancelled through this bridge at {at}.")
    return Why(
        f"How job {found.native_id} ended is unknown: nothing that was examined shows it.",
        tuple(examined),
        (
            "Check its output and its results; submit it again if they are not complete.",
            "Ask the operator for slurmctld's log of the job, and whether accounting is complete.",
        ),
        tuple(f"{name} was asked" for name in found.sections),
    )


def _about_the_record(found: Findings) -> str:
    if not found.record:
        return "The job left no record of its end in its directory."
    return f"The job's own record says exit code {found.record.get('exit', 'none')}."


def _first(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "nothing")
    return "".join(c if c.isprintable() else "?" for c in line)[:200]
