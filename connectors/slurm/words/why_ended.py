"""Why a job ended as it did: figures, exit code, signal, and the line of its output. Pure."""

import re
import signal
from collections.abc import Callable

from connectors.shared.amounts import memory, span
from connectors.shared.endings import Ending, causes_in, exit_in_words, last_line
from connectors.slurm.words import figures
from connectors.slurm.words.figures import inside, megabytes, span_of, when
from connectors.slurm.words.findings import Findings, Run
from connectors.slurm.words.states import nodes_of, seconds_of
from connectors.slurm.words.waiting_places import away_sentences
from dssr.job import JobState
from dssr.record import Why

_AGAIN = "Submit it again if it is still needed."
_Account = tuple[str, list[str], list[str]]  # summary, because, cure
_KILLED = 128 + signal.SIGKILL
_OUT_OF_MEMORY_CODE = 125  # Slurm's own signal number in an exit code, for a job out of memory


def why_ended(state: JobState, found: Findings) -> Why:
    """``state``: the final state, by the rules of evidence."""
    explain = _STATES.get(state, _other)
    summary, because, cure = explain(found)
    because = [*because, *_where_and_when(found)]
    return Why(
        f"Job {found.native_id} {summary}",
        tuple(because),
        tuple(dict.fromkeys(cure)),
        _evidence(found),
    )


def _evidence(found: Findings) -> tuple[str, ...]:
    job, run, record = found.job, found.last_run, found.record
    said = []
    if job:
        keys = ("JobState", "Reason", "FailedNode", "ExitCode", "DerivedExitCode")
        shown = " ".join(f"{key}={job[key]}" for key in keys if job.get(key))
        said.append(f"scontrol show job {found.native_id}: {shown}")
    if run:
        said.append(f"sacct: State={run.state} ExitCode={run.exit_code}")
    if record:
        shown = " ".join(f"{key}={record[key]}" for key in ("exit", "step") if record.get(key))
        said.append(f"the job's own record: {shown}")
    if found.cancelled is not None:
        said.append(f"cancelled through the bridge at {when(str(int(found.cancelled)))}")
    return tuple(said)


def _where_and_when(found: Findings) -> list[str]:
    job, run = found.job, found.last_run
    nodes = job.get("NodeList") or (run.nodes if run and nodes_of(run.nodes) else "")
    start = job.get("StartTime") or (run.start if run else "")
    end = job.get("EndTime") or (run.end if run else "")
    if not (nodes and start.isdecimal() and end.isdecimal()):
        return []
    return [f"It ran on {nodes} from {when(start)} to {when(end)}."]


def _elapsed(found: Findings) -> int:
    run = found.last_run
    return seconds_of(found.job.get("RunTime", "")) or (run.elapsed if run else 0)


def _limit(found: Findings) -> str:
    run = found.last_run
    if found.job.get("TimeLimit"):
        return span_of(found.job["TimeLimit"])
    return span(int(run.limit) * 60) if run and run.limit.isdecimal() else ""


def _completed(found: Findings) -> _Account:
    return f"completed after {span(_elapsed(found))}.", _earlier(found), []


def _timeout(found: Findings) -> _Account:
    limit = _limit(found)
    ran = f"It ran for {span(_elapsed(found))}; its time limit was {limit or 'not recorded'}."
    cure = "Ask for a longer time limit (--time), or let it save its state and go on from there."
    return f"reached its time limit{f' of {limit}' if limit else ''}.", [ran], [cure]


def _out_of_memory(found: Findings) -> _Account:
    because = _memory(found)
    lines, _ = _output(found)
    cure = "Ask for more memory (--mem), for fewer tasks per node, or let it use less."
    return "used more memory than it asked for, and was killed.", [*because, *lines[:1]], [cure]


def _memory(found: Findings) -> list[str]:
    """Asked for and used, as accounting has it; a job that is killed at once leaves no sample."""
    run = found.last_run
    asked = megabytes(run.asked_memory) if run else None
    wanted = figures.tres(found.job.get("ReqTRES") or found.job.get("TRES", ""))
    asked = asked or megabytes(wanted.get("mem", ""))
    used = [megabytes(step.used_memory, "K") for step in found.steps]
    most = max((size for size in used if size), default=None)
    sentences = [f"It asked for {memory(asked)} of memory."] if asked else []
    if most:
        return [*sentences, f"Its largest task used {memory(most)} when accounting last looked."]
    return [*sentences, "Accounting has no figure for what it used."] if found.runs else sentences


def _failed(found: Findings) -> _Account:
    code, number, source = _exit(found)
    words = exit_in_words(code, number)
    lines, cures = _output(found)
    causes = [each.sentence for each in causes_in(found.output)]
    if full := found.record.get("full", ""):
        causes.insert(0, f"Its output could not be written: {full}.")
        cures = [*(each.cure for each in causes_in(full.encode())), *cures]
    because = [*_marker(found), *([words.sentence] if words else [])]
    if code and source == "sacct":
        because.append(
            "It may be higher by 128: accounting up to Slurm 24.11 takes that off codes above 127."
        )
    if number == signal.SIGKILL or code == _KILLED:
        because += _memory(found)
    if not causes and (line := last_line(found.output)):
        because.append(f"The last line of its output: {line}")
    likeliest = next(iter([*causes, *because]), "Its exit code is not known.")
    because = [sentence for sentence in because if sentence != likeliest]
    summary = f"failed after {span(_elapsed(found))}: {inside(likeliest)}"
    cures = cures or [words.cure if words else "Look at the end of its output."]
    return summary, [*because, *lines], cures


def _marker(found: Findings) -> list[str]:
    """An upstream's script ended well and reports a failure, or reports nothing."""
    if found.record.get("step") != "0":
        return []
    said = {
        "failure": "Its script ended with exit code 0 and printed JARVICE_CMD_FAILURE.",
        "none": "Its script ended with exit code 0 and did not print JARVICE_CMD_SUCCESS.",
    }
    marker = found.record.get("marker", "")
    return [said[marker]] if marker in said else []


def _exit(found: Findings) -> tuple[int, int, str]:
    """(code, signal, source): of the user's own command where the record has it, else of the batch
    script; a step's signal where the batch script only reports that a step failed."""
    for key in ("step", "exit"):
        recorded = found.record.get(key, "")
        if recorded.isdecimal() and recorded != "0":
            return int(recorded), 0, "record"
    run = found.last_run
    source = "scontrol" if found.job else "sacct"
    shown = found.job.get("ExitCode") or (run.exit_code if run else "")
    derived = found.job.get("DerivedExitCode") or (run.derived if run else "")
    code, number = _pair(shown)
    if number == _OUT_OF_MEMORY_CODE:
        number = signal.SIGKILL
    step_signal = _pair(derived)[1]
    if step_signal and not number and code in (step_signal, 128 + step_signal):
        return 0, step_signal, source
    return code, number, source


def _pair(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5}):(\d{1,5})", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _output(found: Findings) -> tuple[list[str], list[str]]:
    """(sentences, cures) of the causes that the end of the output shows."""
    causes: tuple[Ending, ...] = causes_in(found.output)
    return [f"{each.sentence} Its output shows: {each.line}" for each in causes], [
        each.cure for each in causes
    ]


def _node_fail(found: Findings) -> _Account:
    node = found.job.get("FailedNode") or found.job.get("NodeList") or ""
    named = f" {node}" if node else ""
    cure = (
        "Submit it again, without that node (--exclude) if it fails again. Slurm runs jobs with "
        "--requeue again by itself."
    )
    summary = f"ended because its node{named} failed or stopped responding."
    return summary, [*away_sentences(found), *_earlier(found)], [cure]


def _preempted(found: Findings) -> _Account:
    at = found.job.get("PreemptTime", "")
    moment = f" at {when(at)}" if at.isdecimal() else ""
    others = _successors(found, at)
    unknown = "Slurm does not record for which job, and none that started there then is visible."
    cure = (
        "Submit it again, in a partition or with a QOS of higher rank, or with --requeue so that "
        "Slurm runs it again by itself."
    )
    return (
        f"was ended{moment} to make room for a job of higher rank (preempted).",
        others or [unknown],
        [cure],
    )


def _successors(found: Findings, at: str) -> list[str]:
    """``%A|%S|%P|%q|%u``: the jobs that started on its nodes within two minutes after it ended."""
    if not at.isdecimal():
        return []
    rows = [row for row in found.lines("successors") if len(row) == 5 and row[1].isdecimal()]
    return [
        f"Job {job} (user {user}, partition {partition}, QOS {qos}) started on its nodes at "
        f"{when(start)}."
        for job, start, partition, qos, user in rows
        if job != found.native_id and 0 <= int(start) - int(at) <= 120
    ][:3]


def _cancelled(found: Findings) -> _Account:
    run = found.last_run
    match = re.match(r"CANCELLED by (\d+)", run.state) if run else None
    who = _who(match[1], found) if match else ""
    if found.cancelled is not None:
        who = "through this bridge"
    started = found.job.get("NodeList") or (run and nodes_of(run.nodes))
    moment = f"after {span(_elapsed(found))}" if started else "before it started"
    unknown = [] if who else ["Slurm does not say who cancelled it."]
    return f"was cancelled {who}{' ' if who else ''}{moment}.", unknown, [_AGAIN]


def _who(number: str, found: Findings) -> str:
    owner, _, uid = found.job.get("UserId", "").rstrip(")").partition("(")
    if number == "0":
        return "by an operator of the cluster (root)"
    if number == uid:
        return f"by its own user {owner}"
    return f"by the user with id {number}"


def _deadline(found: Findings) -> _Account:
    deadline = found.job.get("Deadline", "")
    because = [f"Its deadline was {when(deadline)}."] if deadline else []
    cure = "Submit it again with a later --deadline or a shorter time limit."
    return "could not end before its deadline, so Slurm removed it.", because, [cure]


def _boot_fail(found: Findings) -> _Account:
    cure = "Submit it again; if it happens again, report the nodes to the operator."
    nodes = found.job.get("NodeList") or "its nodes"
    return f"did not run: Slurm could not start {nodes}.", away_sentences(found), [cure]


def _other(found: Findings) -> _Account:
    run = found.last_run
    state = found.job.get("JobState") or (run.state if run else "")
    lines, cures = _output(found)
    return f"has ended: {state or 'in a state without a name'}.", lines, cures or [_AGAIN]


def _earlier(found: Findings) -> list[str]:
    runs: tuple[Run, ...] = found.runs[:-1][-3:]
    return [f"An earlier run on {run.nodes} ended: {run.state}." for run in runs]


_STATES: dict[JobState, Callable[[Findings], _Account]] = {
    JobState.COMPLETED: _completed,
    JobState.FAILED: _failed,
    JobState.TIMEOUT: _timeout,
    JobState.OUT_OF_MEMORY: _out_of_memory,
    JobState.NODE_FAIL: _node_fail,
    JobState.PREEMPTED: _preempted,
    JobState.CANCELLED: _cancelled,
    JobState.DEADLINE: _deadline,
    JobState.BOOT_FAIL: _boot_fail,
}
