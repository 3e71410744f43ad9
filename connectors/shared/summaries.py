"""Why a job waits or how it failed, in one sentence, from its record alone. Pure."""

from collections.abc import Callable

from connectors.shared.amounts import memory, span
from connectors.shared.endings import exit_in_words
from dssr.job import JobState, Resources
from dssr.record import JobRecord


def summary(job: JobRecord, waits: Callable[[str], str]) -> str:
    """Empty for a job that runs or has completed. ``waits``: the sentence for a reason of the
    scheduler's why a job waits."""
    if job.ordered is not None and not job.is_final:
        return "It is being cancelled."
    if job.state in _BETWEEN:
        return _BETWEEN[job.state]
    if job.state.is_queued or job.state is JobState.REQUEUE_HOLD:
        if job.is_held and job.reason in ("", "None"):  # the scheduler has not said so yet
            return "It is held: release it to let it start."
        return waits(job.reason)
    say = _ENDED.get(job.state) if job.is_final else None
    return say(job) if say else ""


def _failed(job: JobRecord) -> str:
    words = exit_in_words(job.exit_code or 0, job.signal or 0)
    return words.sentence if words else f"It failed{_because(job)}."


def _timeout(job: JobRecord) -> str:
    limit = (job.resources or Resources()).walltime
    return f"It reached its time limit{f' of {span(limit)}' if limit else ''}."


def _out_of_memory(job: JobRecord) -> str:
    asked = (job.resources or Resources()).memory_mb
    than = f"the {memory(asked)} that it had" if asked else "it had"
    return f"It used more memory than {than}, and was killed."


def _node_fail(job: JobRecord) -> str:
    nodes = f" ({', '.join(job.nodes[:10])})" if job.nodes else ""
    return f"One of its nodes failed{nodes}."


def _cancelled(job: JobRecord) -> str:
    return f"It was cancelled{_because(job)}."


def _lost(job: JobRecord) -> str:
    return f"How it ended is unknown{_because(job)}."


def _because(job: JobRecord) -> str:
    return f" ({job.reason})" if job.reason not in ("", "None") else ""


_BETWEEN = {
    JobState.CONFIGURING: "It has its nodes, and they are being made ready for it.",
    JobState.SUSPENDED: "It is suspended: it keeps its nodes and does not run.",
    JobState.STOPPED: "It is stopped by a signal: it keeps its nodes and does not run.",
}
_ENDED: dict[JobState, Callable[[JobRecord], str]] = {
    JobState.FAILED: _failed,
    JobState.LAUNCH_FAILED: _failed,
    JobState.TIMEOUT: _timeout,
    JobState.OUT_OF_MEMORY: _out_of_memory,
    JobState.NODE_FAIL: _node_fail,
    JobState.CANCELLED: _cancelled,
    JobState.REVOKED: _cancelled,
    JobState.UNKNOWN: _lost,
    JobState.PREEMPTED: lambda _: "It was ended to make room for a job of higher rank.",
    JobState.BOOT_FAIL: lambda _: "Its nodes could not be started.",
    JobState.DEADLINE: lambda _: "It could not end before its deadline, so it was removed.",
}
