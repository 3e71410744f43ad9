"""The record of a job, by what is known of it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from connectors.slurm.words.journal import JobEnd
from connectors.slurm.words.states import is_held, nodes_of
from dssr.job import JobSpec, JobState, JobStatus, Resources
from dssr.record import JobRecord

_GPU_OPTIONS = frozenset(
    {"gpus", "gpus-per-node", "gpus-per-task", "gpus-per-socket", "gres", "tres-per-task"}
)

_MEMORY_OPTIONS = {"mem": "node", "mem-per-cpu": "core", "mem-per-gpu": ""}


def asked_for(spec: JobSpec, given: Collection[str] = ()) -> Resources:
    """What a request asks for. What it leaves to the script's directives is not known, but for
    GPUs: none are asked for where none of the options ``given`` names them."""
    options = dict(spec.options)
    has_gpus = spec.gpus or not _GPU_OPTIONS.isdisjoint(given)
    nodes = spec.nodes or None
    return Resources(
        partition=spec.partition,
        account=options.get("account", ""),
        qos=options.get("qos", ""),
        nodes=nodes,
        cores=_of_all(nodes, spec.cores),
        memory_mb=_of_all(nodes, spec.memory_mb),
        gpus=_of_all(nodes, spec.gpus) if has_gpus else 0,
        walltime=spec.walltime,
    )


def memory_per(spec: JobSpec, given: Sequence[str]) -> str:
    """What the memory that is asked for is of, "node" or "core"; empty where none is. Of several
    options ``given``, sbatch takes the last."""
    if spec.memory_mb:
        return "node"
    return next((_MEMORY_OPTIONS[name] for name in reversed(given) if name in _MEMORY_OPTIONS), "")


def _of_all(nodes: int | None, each: int) -> int | None:
    return nodes * each if nodes and each else None


def submitted(record: JobRecord) -> JobRecord:
    """A job that squeue does not list yet."""
    held = record.about.held
    return replace(record, state=JobState.PENDING, evidence=("submission",), is_held=held)


def ended(record: JobRecord, end: JobEnd) -> JobRecord:
    """A job with its end in the journal."""
    ending, facts = end.ending, end.facts
    return replace(
        record,
        state=ending.state,
        reason=ending.reason,
        elapsed=ending.elapsed,
        started=facts.started,
        ended=facts.ended,
        nodes=nodes_of(facts.nodes),
        resources=_completed(_resources(facts.resources, record), record.resources),
        exit_code=facts.exit_code,
        signal=facts.signal,
        cpu_seconds=facts.cpu_seconds,
        memory_used_mb=facts.memory_used_mb,
        output_bytes=facts.output_bytes,
        evidence=facts.evidence,
        is_final=True,
    )


def listed(record: JobRecord, status: JobStatus) -> JobRecord:
    """A job that squeue lists, or that this bridge has just submitted."""
    # A job that was cancelled while it waited may have started: nothing proves its end.
    is_ordered = status.ordered is not None
    is_new = not (status.id or is_ordered)
    evidence = "squeue" if status.id else "submission"
    return replace(
        record,
        state=JobState.COMPLETING if is_ordered else status.state,
        reason="" if status.reason == "None" else status.reason,
        elapsed=status.elapsed,
        submitted=record.submitted or status.submitted,
        started=status.started,
        ended=status.ended,
        expected_start=status.expected_start,
        nodes=status.nodes,
        resources=_resources(status.resources, record),
        evidence=("cancellation",) if is_ordered else (evidence,),
        ordered=status.ordered,
        is_held=is_held(status.state, status.reason) or (is_new and record.about.held),
        is_final=status.state.is_final and not is_ordered,
    )


def is_same(job: JobRecord, before: JobRecord | None) -> bool:
    """Whether no more has changed than the time for which the job has run."""
    return (
        before is not None and replace(job, elapsed=before.elapsed) == before and not job.is_final
    )


def _resources(found: Resources | None, record: JobRecord) -> Resources | None:
    """Slurm's figures, and for those that it does not have what was asked for."""
    asked = record.resources
    if found is None:
        return asked
    memory = _memory(found, record.about.memory_per)
    if asked is None:
        return replace(found, memory_mb=memory)
    return replace(
        found,
        memory_mb=asked.memory_mb if memory is None else memory,
        gpus=asked.gpus if found.gpus is None else found.gpus,
    )


def _completed(found: Resources | None, asked: Resources | None) -> Resources | None:
    """What is not known of a job that has ended, because squeue never listed it, is what was asked
    for."""
    if found is None or asked is None:
        return found
    return replace(
        found,
        partition=found.partition or asked.partition,
        account=found.account or asked.account,
        qos=found.qos or asked.qos,
        nodes=found.nodes or asked.nodes,
        cores=found.cores or asked.cores,
        walltime=found.walltime or asked.walltime,
    )


def _memory(found: Resources, per: str) -> int | None:
    """The memory of the whole job, as Slurm has it. ``per``: see ``About.memory_per``."""
    count = {"node": found.nodes, "core": found.cores}.get(per)
    if found.memory_mb is None and found.memory_each and count:
        return found.memory_each * count
    return found.memory_mb
