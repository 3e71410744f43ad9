"""A job's record as a row of the cluster's queue, for connectors whose queue has no other jobs.
Pure."""

from dssr.record import JobRecord
from dssr.seams import QueuedJob


def queue_row(job: JobRecord) -> QueuedJob:
    """The row of a job that has not ended."""
    resources = job.resources
    return QueuedJob(
        native_id=job.ref.native_id,
        name=job.ref.name,
        user=job.owner,
        state=job.state,
        reason=job.reason,
        partition=resources.partition if resources else "",
        nodes=(resources.nodes or 1) if resources else 1,
        submitted=job.submitted,
        expected_start=job.expected_start,
        priority=None,
        is_held=job.is_held,
    )
