"""Asks Slurm what explains a job's state, and has ``words.why`` put it into sentences."""

from collections.abc import Mapping, Sequence

from connectors.slurm.shell.remote import Call
from connectors.slurm.words import questions
from connectors.slurm.words.fields import fields, job_fields
from connectors.slurm.words.findings import Findings
from connectors.slurm.words.why import explain
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState
from dssr.record import Why

# Seconds for one command. A controller that is away takes squeue 18 s to report it.
_PATIENCE = "3"


def explanation(
    call: Call, ref: JobRef, state: JobState, reason: str = "", output: bytes = b""
) -> Why:
    """Why the job is in that state, which was decided by the rules of evidence.

    ``reason``: squeue's word for why it waits. ``output``: the end of the output of a job that has
    ended. At most seven commands run, one after the other; what a silent command would have said
    is missing from the explanation. Raises ``TransportError`` when the login node does not answer.
    """
    name = f"jarvice_{ref.name}"
    sections = _ask(call, {"job": questions.job_question(ref.native_id)})
    job = job_fields(sections.get("job", ""), name)
    has_ended = state.is_final or state is JobState.UNKNOWN
    if has_ended or job.get("Restarts", "0") != "0":
        sections |= _ask(call, {"accounting": questions.accounting_question(ref.native_id)})
    if partition := questions.partition_question(job):
        sections |= _ask(call, {"partition": partition})
    sections |= _ask(call, questions.more_questions(job, fields(sections.get("partition", ""))))
    return explain(state, Findings(ref.native_id, name, sections, output=output), reason)


def _ask(call: Call, asked: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The answers by section, both streams of a command together."""
    answers: dict[str, str] = {}
    for section, argv in asked.items():
        try:
            done = call.run(["timeout", _PATIENCE, *argv])
        except Unavailable:
            if not answers and section == "job":
                raise
            return answers
        answers[section] = (done.stdout + done.stderr).decode("utf-8", "replace")
    return answers
