"""What is known of a job's end beside its state. Pure."""

from dataclasses import replace

from connectors.slurm.words.commands import Row
from connectors.slurm.words.evidence import Evidence
from connectors.slurm.words.journal import EndFacts, Ending
from connectors.slurm.words.settled import Found
from connectors.slurm.words.usage import shell_time
from dssr.job import JobState, JobStatus, Resources

_SIGNALLED = 128  # sh(1): a shell's exit code is this and the number of the signal
_LAST_SIGNAL = 64  # signal(7)
_LONGEST_NODES = 300  # characters: an entry of the journal has a limit


def end_facts(found: Found, ending: Ending, last: JobStatus | None) -> EndFacts:
    """``last``: the job as squeue last listed it, where this bridge has seen that."""
    evidence = found.evidence
    written = evidence.record if evidence else {}
    nodes = written.get("nodes") or (",".join(last.nodes) if last else "")
    known = EndFacts(
        output_bytes=found.output_bytes,
        nodes=nodes if len(nodes) <= _LONGEST_NODES else "",
        resources=last.resources if last else None,
    )
    if evidence is None:
        return known
    accounted = evidence.accounted
    source, row = _source(evidence)
    exit_code, signal = _exit_code(evidence, row)
    if exit_code == 0 and ending.state is not JobState.COMPLETED:
        exit_code = None  # accounting has 0:0 for a job that ended before its script did
    if row and ending.elapsed == 0 and not nodes and not written:
        row = replace(row, started=None)  # Slurm has the end as the start of a job that never ran
    began, ended = written.get("began", ""), written.get("ended", "")
    resources = _resources(known.resources, accounted.allocated if accounted else None)
    if partition := written.get("partition"):  # squeue may never have listed a short job
        resources = replace(resources or Resources(), partition=partition)
    return replace(
        known,
        resources=resources,
        started=float(began) if began.isdecimal() else row.started if row else None,
        ended=float(ended) if ended.isdecimal() else row.ended if row else None,
        exit_code=exit_code,
        signal=signal,
        cpu_seconds=_cpu_seconds(evidence),
        memory_used_mb=accounted.memory_used_mb if accounted else None,
        evidence=() if ending.state is JobState.UNKNOWN else (source,),
    )


def _cpu_seconds(found: Evidence) -> float | None:
    """By the accounting, else by the batch script's record."""
    if found.accounted and found.accounted.state.is_final and found.accounted.cpu_seconds:
        return found.accounted.cpu_seconds
    return shell_time(found.record.get("cpu", ""))


def _resources(listed: Resources | None, accounted: Resources | None) -> Resources | None:
    """What squeue last said, and for what it does not say what the accounting has."""
    if listed is None or accounted is None:
        return listed or accounted
    return replace(
        listed,
        memory_mb=listed.memory_mb if accounted.memory_mb is None else accounted.memory_mb,
        gpus=listed.gpus if accounted.gpus is None else accounted.gpus,
    )


def _source(found: Evidence) -> tuple[str, Row | None]:
    """What the state rests on, in the order of ``Evidence.ending``."""
    if found.listed and found.listed.state.is_final:
        return "squeue", found.listed
    if found.accounted and found.accounted.state.is_final:
        return "accounting", found.accounted
    if found.record:
        return "record", None
    return "cancellation", None


def _exit_code(found: Evidence, row: Row | None) -> tuple[int | None, int | None]:
    """The exit code and the signal, by the batch script's record, else by accounting."""
    code = found.record.get("exit", "")
    if code.isdecimal():
        number = int(code)
        is_signal = _SIGNALLED < number <= _SIGNALLED + _LAST_SIGNAL
        return number, number - _SIGNALLED if is_signal else None
    known = row.exit_code if row and row.exit_code else ""
    if not known and found.accounted and found.accounted.state.is_final:
        known = found.accounted.exit_code
    code, _, signal = known.partition(":")
    number = int(signal) if signal.isdecimal() else 0
    return (None, number) if number else (int(code) if code.isdecimal() else None, None)
