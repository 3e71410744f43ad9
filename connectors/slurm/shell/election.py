"""The outcome of a submission: the elected native id, or the reason why there is none."""

from collections.abc import Collection

from connectors.slurm.shell.remote import Reply
from connectors.slurm.words.options import contradiction
from connectors.slurm.words.refusals import refusal
from dssr.errors import Conflict, OutcomeUnknown, RefusedRequest
from dssr.job import JobSpec


def elected_id(reply: Reply, spec: JobSpec, allowed: Collection[str]) -> str:
    """The elected native id.

    ``allowed``: the sbatch options that a job may set. Raises ``Conflict``, ``Refused`` (nothing
    is left of the submission), or ``OutcomeUnknown``.
    """
    if reply.verdict == "elected":
        return reply.value("elected") or ""
    if reply.verdict == "conflict" and spec.idempotency:
        raise Conflict(
            "This Idempotency-Key was sent before with another request: send a new key with a new "
            "request."
        )
    if reply.verdict == "conflict":
        raise Conflict(
            f"The name {spec.name!r} and number {spec.number} belong to a job with another "
            "script: use another number. They are free again 15 minutes after /exitstatus was "
            "answered."
        )
    if reply.verdict == "refused":
        error = refusal("sbatch", reply.text_without("refused"))
        if isinstance(error, RefusedRequest):
            raise RefusedRequest(error.message + contradiction(spec, allowed))
        raise error
    waiting = "its submission is under way"
    if reply.verdict != "pending":
        waiting = f"sbatch's answer was lost ({reply.text_without(reply.verdict)[:300]})"
    raise OutcomeUnknown(
        f"It is not known yet whether the job exists: {waiting}. Send the same request again.",
        retry_after=10,
    )
