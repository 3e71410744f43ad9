"""Why a job of this machine is in its state."""

from connectors.local.folder import NOT_STARTED, LocalJob
from connectors.shared.endings import Ending, causes_in, exit_in_words, last_line
from dssr.job import JobState, JobStatus
from dssr.record import Why

_WAITING = {
    "held": ("is held: it was submitted so", "Release it."),
    "begins later": ("waits for the start time that it asked for (--begin)", "Wait."),
    "is being started": ("is being started", "Wait a moment."),
    "waits for cores": (
        "waits for cores: jobs that were submitted before it use them or come first",
        "Wait, or cancel jobs that are not needed.",
    ),
}
_SHORTER = "Ask for a longer time limit, or make the work shorter."
_PROGRAM = "Name an interpreter in the script's first line that is on this machine."


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
        evidence = (f"queue of this machine: {status.reason}",)
        return Why(f"{name} {what}.", (asked,), (cure,), evidence, start)
    if status.state is JobState.RUNNING:
        limit = (
            "it has no time limit"
            if job.walltime is None
            else f"its time limit is {job.walltime} s"
        )
        ran = f"It has run for {status.elapsed} s; {limit}."
        return Why(f"{name} is running.", (ran,), evidence=("record: RUNNING",))
    return _ended(name, status, output)


def _ended(name: str, status: JobStatus, output: bytes) -> Why:
    evidence = (f"record: {status.state}{f', {status.reason}' if status.reason else ''}",)
    if status.state is JobState.COMPLETED:
        return Why(f"{name} completed after {status.elapsed} s.", evidence=evidence)
    ran = (f"It ran for {status.elapsed} s.",) if status.elapsed else ()
    summary = f"{name} is {status.state}{f': {status.reason}' if status.reason else ''}."
    if status.state is JobState.TIMEOUT:
        return Why(summary, ran, (_SHORTER,), evidence)
    if status.state is JobState.CANCELLED:  # which nothing else can order here
        words = "It was cancelled through the bridge."
        return Why(summary, (*ran, words), evidence=evidence)
    if status.state is not JobState.FAILED:
        return Why(summary, ran, evidence=evidence)
    causes = causes_in(output)
    found = [*causes, *_exit_of(status.reason)]
    line = last_line(output)
    shown = [f"Its output shows: {cause.line}" for cause in causes]
    if line and not causes:
        shown = [f"The last line of its output: {line}"]
    because = (*ran, *(ending.sentence for ending in found), *shown)
    return Why(summary, because, tuple(dict.fromkeys(ending.cure for ending in found)), evidence)


def _exit_of(reason: str) -> list[Ending]:
    """The exit code or the signal in the record's words, explained."""
    if reason.startswith(NOT_STARTED):
        return [Ending("This machine could not start the program that runs the script.", _PROGRAM)]
    *_, number = reason.split(" ")
    code = int(number) if number.isdecimal() else 0
    ending = exit_in_words(0, code) if "signal" in reason else exit_in_words(code)
    return [ending] if ending else []
