"""Why a submission has no elected job."""

from collections.abc import Sequence

from connectors.shared.options import Option
from connectors.slurm.shell.remote import Reply
from connectors.slurm.words.options import contradiction
from connectors.slurm.words.refusals import refusal
from dssr.errors import (
    BadRequest,
    DssrError,
    OutcomeUnknown,
    RefusedRequest,
    key_taken,
    number_taken,
)
from dssr.job import JobSpec


def not_elected(reply: Reply, spec: JobSpec, asked: Sequence[Option]) -> DssrError:
    """The error: ``Conflict``, ``BadRequest`` or ``Refused`` (nothing is left of the submission),
    or ``OutcomeUnknown``.

    ``reply``: of the program ``submit``, without an elected native id. ``asked``: the job's own
    options.
    """
    if reply.verdict == "conflict" and spec.idempotency:
        return key_taken()
    if reply.verdict == "conflict":
        return number_taken(spec.name, spec.number)
    if reply.verdict == "unusable":
        return BadRequest(
            f"'working_directory' {spec.working_directory[:200]!r} cannot be used on the cluster: "
            f"{reply.value('why')}. Name a directory that the job's user can write to."
        )
    if reply.verdict == "refused":
        error = refusal("sbatch", reply.text_without("refused"))
        if isinstance(error, RefusedRequest):
            return RefusedRequest(error.message + contradiction(spec, asked))
        return error
    waiting = "its submission is under way"
    if reply.verdict != "pending":
        waiting = f"sbatch's answer was lost ({reply.text_without(reply.verdict)[:300]})"
    return OutcomeUnknown(
        f"It is not known yet whether the job exists: {waiting}. Send the same request again.",
        retry_after=10,
    )
