"""Why a job waits: Slurm's reason, with the figures that belong to it. Pure."""

import re
from collections.abc import Callable

from connectors.shared.amounts import memory, span
from connectors.slurm.words import figures
from connectors.slurm.words.cluster.nodes import gpus_of
from connectors.slurm.words.figures import counted, inside, megabytes, when
from connectors.slurm.words.findings import Findings
from connectors.slurm.words.limit_figures import limit_sentences
from connectors.slurm.words.limits import limit_of
from connectors.slurm.words.partition_rules import rule_sentences
from connectors.slurm.words.reasons import Reason, never_starts, reason_of
from connectors.slurm.words.states import expected_start, nodes_of, time_limit_of
from connectors.slurm.words.waiting_places import away_sentences, is_away, reservation_sentences
from dssr.record import Why

_DEPENDENCIES = {
    "after": "to start",
    "afterany": "to end",
    "afterok": "to end with exit code 0",
    "afternotok": "to end in failure",
    "aftercorr": "to end with exit code 0, task by task",
    "afterburstbuffer": "to end and its burst buffer to be copied out",
}


def why_waiting(found: Findings, reason: str) -> Why:
    """``reason``: the word of squeue or scontrol, empty where neither says one."""
    word = found.job.get("Reason") or reason or "None"
    said = reason_of(word)
    verb = "is held" if said.holds else "waits"
    text = word.replace("_", " ")
    shown = f" ({text})" if said.known and said.head != "None" and len(text) <= 60 else ""
    because = [sentence for detail in _DETAILS for sentence in detail(found, said)]
    return Why(
        f"Job {found.native_id} {verb}{shown}: {inside(said.sentence)}",
        tuple(because),
        (said.cure,),
        _evidence(found, word),
        None if said.holds or never_starts(said.head) else _expected_start(found, said.head),
    )


def _evidence(found: Findings, word: str) -> tuple[str, ...]:
    state = found.job.get("JobState")
    if state is None:
        return () if word == "None" else (f"squeue: {word}",)
    return (f"scontrol show job {found.native_id}: JobState={state} Reason={word}",)


def _expected_start(found: Findings, head: str) -> float | None:
    """scontrol's StartTime of a waiting job is what squeue --start shows; of a job that waits for
    another one it says nothing."""
    if head == "Dependency":
        return None
    submitted = figures.seconds_since_epoch(found.job.get("SubmitTime", ""))
    return expected_start(found.job.get("StartTime", ""), submitted)


def _asked(found: Findings, _: Reason) -> list[str]:
    """Nodes, cores, memory, GPUs, licences, time limit; where it is to run."""
    job = found.job
    wanted = figures.tres(job.get("ReqTRES") or job.get("TRES", ""))
    nodes = job.get("NumNodes", "").split("-")[0]
    parts = [counted(nodes, "node")] if nodes else []
    parts += [counted(wanted["cpu"], "core")] if "cpu" in wanted else []
    size = megabytes(wanted.get("mem", ""))
    parts += [f"{memory(size)} of memory"] if size else []
    parts += [f"{wanted['gres/gpu']} GPU(s)"] if "gres/gpu" in wanted else []
    parts += [f"the licences {job['Licenses']}"] if job.get("Licenses") else []
    if not parts:
        return []
    limit = time_limit_of(job.get("TimeLimit", ""))
    time = f"for {span(limit)}" if limit else "without a time limit"
    where = [f"{key.lower()} {job[key]}" for key in ("Partition", "Account") if job.get(key)]
    where += [f"QOS {job['QOS']}"] if job.get("QOS") else []
    return [f"It asks for {', '.join(parts)} {time} ({', '.join(where)})."]


def _free(found: Findings, _: Reason) -> list[str]:
    """sinfo's %C and %F: allocated/idle/other/total cores and nodes."""
    for row in found.lines("free"):
        cores, nodes = row[0].split("/"), row[1].split("/")
        if len(cores) == len(nodes) == 4:
            return [
                f"Free in its partition: {cores[1]} of {cores[3]} cores, {nodes[1]} of {nodes[3]} "
                f"nodes are idle; {nodes[2]} nodes are out of service."
            ]
    return []


def _free_gpus(found: Findings, _: Reason) -> list[str]:
    """sinfo's number of nodes, their state, the GPUs of each and those in use, between blanks."""
    total = free = 0
    for line in found.sections.get("gpus", "").splitlines():
        nodes, state, gres, used, *_rest = [*line.split(), "", "", "", ""]
        if nodes.isdecimal():
            each = gpus_of(gres)
            total += int(nodes) * each
            free += 0 if is_away(state) else int(nodes) * max(0, each - gpus_of(used))
    return [f"Free in its partition: {free} of {counted(str(total), 'GPU')}."] if total else []


def _ahead(found: Findings, _: Reason) -> list[str]:
    if found.ahead is None:
        return []
    ahead = counted(str(found.ahead), "job")
    return [f"Ahead of it in its partition: {ahead} of a higher priority, or as high and older."]


def _dependencies(found: Findings, _: Reason) -> list[str]:
    """``afterok:12(unfulfilled)?afterany:13_*(failed)``, with the states of those jobs."""
    states = {row[0]: row[1] for row in found.lines("others")}
    sentences = []
    for part in re.split(r"[,?]", found.job.get("Dependency", "")):
        kind, rest = part.partition(":")[::2]
        match = re.match(r"(\d+)(\S*?)\((\w+)\)", rest)
        if part.startswith("singleton"):
            sentences.append("It waits until no other job of this user has its name (singleton).")
        elif match:
            other, task, flag = match.groups()
            now = states.get(other, "not listed by Slurm any more")
            wait = _DEPENDENCIES.get(kind.partition("+")[0], f"({kind})")
            never = " That can no longer happen." if flag == "failed" else ""
            sentences.append(f"It waits for job {other}{task} {wait}; that job is {now}.{never}")
    return sentences


def _limits(found: Findings, said: Reason) -> list[str]:
    limit = limit_of(said.head)
    return limit_sentences(found.sections.get("limits", ""), limit, found.job) if limit else []


def _licences(found: Findings, said: Reason) -> list[str]:
    if said.head != "Licenses":
        return []
    wanted = _wanted_licences(found.job.get("Licenses", ""))
    shown = found.sections.get("licenses", "")
    rows = re.findall(r"LicenseName=(\S+)\s+Total=(\d+) Used=(\d+) Free=(\d+)", shown)
    return [
        f"Licence {name}: the job asks for {wanted[name]}; {free} of {total} are free, {used} are "
        "in use."
        for name, total, used, free in rows
        if name in wanted
    ]


def _wanted_licences(text: str) -> dict[str, str]:
    """``abaqus:2,ansys@db:1`` (sbatch(1), --licenses): name -> how many; one where none is said."""
    parts = (part.partition(":") for part in re.split(r"[,|]", text))
    return {name: count or "1" for name, _, count in parts}


def _begin(found: Findings, said: Reason) -> list[str]:
    start = found.job.get("StartTime", "")
    if said.head != "BeginTime" or not start.isdecimal():
        return []
    return [f"It may start from {when(start)} on."]


def _array(found: Findings, said: Reason) -> list[str]:
    most = found.job.get("ArrayTaskThrottle")
    wanted = said.head == "JobArrayTaskLimit" and most
    return [f"At most {most} of its tasks run at a time."] if wanted else []


def _earlier_runs(found: Findings, _: Reason) -> list[str]:
    """A job that was put back into the queue: how its runs so far ended."""
    return [
        f"An earlier run on {run.nodes} ended after {span(run.elapsed)}, at "
        f"{when(run.end)}: {run.state}."
        for run in found.runs[-4:]
        if run.end.isdecimal() and nodes_of(run.nodes)
    ]


_DETAILS: tuple[Callable[[Findings, Reason], list[str]], ...] = (
    lambda found, said: rule_sentences(found.partition, found.job, said),
    _dependencies,
    _limits,
    _licences,
    lambda found, _: away_sentences(found),
    lambda found, said: reservation_sentences(found, said.head),
    _begin,
    _array,
    _asked,
    _free,
    _free_gpus,
    _ahead,
    _earlier_runs,
)
