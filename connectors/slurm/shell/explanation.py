"""Asks Slurm what explains a job's state, and has ``words.why`` put it into sentences."""

import contextlib
import secrets
from collections.abc import Mapping, Sequence

from connectors.slurm.shell.remote import Call, Reply
from connectors.slurm.words import questions
from connectors.slurm.words.fields import job_fields
from connectors.slurm.words.findings import Findings
from connectors.slurm.words.sections import sections
from connectors.slurm.words.why import explain
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState
from dssr.record import Why

# Seconds for one question. A controller that is away takes squeue 18 s to report it.
_PATIENCE = "3"


def explanation(
    call: Call, ref: JobRef, state: JobState, reason: str = "", output: bytes = b""
) -> Why:
    """Why the job is in that state, which was decided by the rules of evidence.

    ``reason``: squeue's word for why it waits. ``output``: the end of the output of a job that has
    ended. Two commands at most; what a silent controller would have said is missing from the
    explanation. Raises ``NotFound`` for a job whose record is gone, and ``TransportError`` when
    the login node does not answer.
    """
    name = f"jarvice_{ref.name}"
    has_ended = state.is_final or state is JobState.UNKNOWN
    reply, said = _ask(call, ref, questions.first_questions(ref.native_id, has_ended))
    job = job_fields(said.get("job", ""), name)
    partition = questions.partition_of(job, said.get("partition", ""))
    more = questions.more_questions(job, partition)
    if not has_ended and job.get("Restarts", "0") != "0":
        more["accounting"] = questions.accounting_question(ref.native_id)
    if more:
        with contextlib.suppress(Unavailable):
            said |= _ask(call, ref, more)[1]
    cancelled = reply.value("cancelled") or ""
    found = Findings(
        ref.native_id,
        name,
        said,
        record=dict(line.split("=", 1) for line in reply.lines.get("record", ()) if "=" in line),
        output=output,
        cancelled=float(cancelled) if cancelled.isdecimal() else None,
    )
    return explain(state, found, reason)


def _ask(
    call: Call, ref: JobRef, asked: Mapping[str, Sequence[str]]
) -> tuple[Reply, dict[str, str]]:
    """What the job's directory says, and the answers by section."""
    mark = secrets.token_hex(8)
    words = [word for name, argv in asked.items() for word in (name, str(len(argv)), *argv)]
    reply = call.run_program("explain", ref, ref.native_id, _PATIENCE, mark, *words)
    shown = sections(f"\n{reply.rest.decode('utf-8', 'replace')}", mark)
    return reply, {name: section.text for name, section in shown.items()}
