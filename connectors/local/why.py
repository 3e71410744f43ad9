"""Why a job of this machine is in its state.."""

from connectors.local.folder import LocalJob
from connectors.shared.endings import causes_in, exit_in_words, last_line
from dssr.job import JobState, JobStatus
from dssr.record import Why

_WAITING = {
    "held": ("is held: it was submitted so", "Release it."),
    "begins later": ("waits for the start time that it asked for (--begin)", "Wait."),
    "waits for cores": (
        "waits for cores: jobs that were submitted before it use them or come first",
        "Wait, or cancel jobs that are not needed.",
    ),
}
_SHORTER = "Ask for a longer time limit, or make the work shorter."


def waits(reason: str) -> str:
    """Why a job waits, as a sentence."""
    return f"It {_WAITING[reason][0]}." if reason in _WAITING else ""


def explain(status: JobStatus, job: LocalJob, output: bytes) -> Why:
    """``output``: the end of the output of a job that has ended."""
    name = f"Job {status.ref.native_id}"
    if status.state.is_queued:
        what, cure = _WAITING[status.reason]
        asked = f"It asks for {job.cores} {'core' if job.cores == 1 else 'cores'}."
        start = job.begin if status.reason == "begins later" else None
        return Why(f"{name} {what}.", (asked,), (cure,), expected_start=start)
    if status.state is JobState.RUNNING:
        limit = (
            "it has no time limit"
            if job.walltime is None
            else f"its time limit is {job.walltime} s"
        )
        return Why(f"{name} is running.", (f"It has run for {status.elapsed} s; {limit}.",))
    return _ended(name, status, output)


def _ended(name: str, status: JobStatus, output: bytes) -> Why:
    ran = f"It ran for {status.elapsed} s."
    if status.state is JobState.COMPLETED:
        return Why(f"{name} completed.", (ran,))
    summary = f"{name} is {status.state}{f': {status.reason}' if status.reason else ''}."
    if status.state is JobState.TIMEOUT:
        return Why(summary, (ran,), (_SHORTER,))
    if status.state is not JobState.FAILED:
        return Why(summary, (ran,))
    *_, number = status.reason.split(" ")
    code = int(number) if number.isdecimal() else 0
    is_signal = "signal" in status.reason
    exit_words = exit_in_words(0, code) if is_signal else exit_in_words(code)
    causes = causes_in(output)
    found = [*causes, *([exit_words] if exit_words else [])]
    line = last_line(output)
    shown = [f"Its output shows: {cause.line}" for cause in causes]
    if line and not causes:
        shown = [f"The last line of its output: {line}"]
    because = (ran, *(ending.sentence for ending in found), *shown)
    return Why(summary, because, tuple(dict.fromkeys(ending.cure for ending in found)))
