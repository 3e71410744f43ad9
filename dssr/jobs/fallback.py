"""What is known of jobs where the connector has an ability less: a snapshot in place of records, a
state in place of an explanation. Pure."""

from dssr.job import JobRef, JobSpec, JobState, JobStatus, Output, Snapshot, Submitted
from dssr.jobs.states import state_of
from dssr.record import About, JobRecord, OutputPart, Records, Why


def records_of(snapshot: Snapshot, version: int) -> Records:
    """The jobs that a snapshot lists; each has its native id as its id."""
    return Records([_listed(status) for status in snapshot.values()], snapshot.taken, version)


def just_submitted(spec: JobSpec, submitted: Submitted) -> JobRecord:
    """A job of which nothing is known yet but its submission; it may have been submitted long
    ago, where an earlier request did that."""
    return JobRecord(
        id=submitted.id or submitted.native_id,
        ref=JobRef(spec.name, spec.number, submitted.native_id),
        state=JobState.UNKNOWN if submitted.again else JobState.PENDING,
        owner=spec.owner,
        about=About(
            executor=spec.executor,
            image=spec.image,
            working_directory=spec.working_directory,
            labels=spec.labels,
            keeps_files=spec.keeps_files,
        ),
        is_held=spec.held and not submitted.again,
        evidence=("submission",),
    )


def output_part(kept: Output, offset: int, limit: int, has_ended: bool) -> OutputPart:
    """A part of the last lines of an output; it begins later where the lines do."""
    first, size = max(offset, kept.cut), kept.cut + len(kept.data)
    data = kept.data[first - kept.cut :][:limit]
    return OutputPart(data, first, size, has_ended and first + len(data) >= size)


def explanation_of(job: JobRecord) -> Why:
    """What the job's state alone says."""
    reason = f" ({job.reason})" if job.reason else ""
    return Why(f"Job {job.ref.native_id} is {state_of(job)}{reason}.", evidence=job.evidence)


def _listed(status: JobStatus) -> JobRecord:
    return JobRecord.of_status(
        status,
        id=status.id or status.ref.native_id,
        is_held=status.state is JobState.PENDING and "held" in status.reason.lower(),
        evidence=("snapshot",),
    )
