"""The record of a job, by what is known of it. Pure."""

from collections.abc import Collection
from dataclasses import replace

from connectors.slurm.words.journal import JobEnd
from connectors.slurm.words.states import is_held, nodes_of
from dssr.job import JobSpec, JobState, JobStatus, Resources
from dssr.record import JobRecord

_GPU_OPTIONS = frozenset(
    {"gpus", "gpus-per-node", "gpus-per-task", "gpus-per-socket", "gres", "tres-per-task"}
)


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
        resources=_resources(facts.resources, record.resources),
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
    is_new = not (status.id or status.is_ordered)
    evidence = "squeue" if status.id else "submission"
    return replace(
        record,
        state=JobState.COMPLETING if status.is_ordered else status.state,
        reason="" if status.reason == "None" else status.reason,
        elapsed=status.elapsed,
        submitted=record.submitted or status.submitted,
        started=status.started,
        ended=status.ended,
        expected_start=status.expected_start,
        nodes=status.nodes,
        resources=_resources(status.resources, record.resources),
        evidence=("cancellation",) if status.is_ordered else (evidence,),
        is_held=is_held(status.state, status.reason) or (is_new and record.about.held),
        is_final=status.state.is_final and not status.is_ordered,
    )


def _resources(found: Resources | None, asked: Resources | None) -> Resources | None:
    """Slurm's figures, and for those that it does not have what was asked for."""
    if found is None or asked is None:
        return found or asked
    return replace(
        found,
        memory_mb=asked.memory_mb if found.memory_mb is None else found.memory_mb,
        gpus=asked.gpus if found.gpus is None else found.gpus,
    )
