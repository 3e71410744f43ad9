"""A job as others see it: its status, its record, and all about it for a human."""

import socket
from dataclasses import replace
from datetime import UTC, datetime

from connectors.local.folder import Folder, LocalJob
from dssr.job import JobRef, JobState, JobStatus, Resources
from dssr.record import JobRecord
from dssr.settings import own_name


def status_of(folder: Folder, job: LocalJob, now: float) -> JobStatus:
    """Where the job is. Whether its supervisor is alive is checked when the queue advances."""
    started, record = folder.started(), folder.record()
    seconds = 0 if started is None else max(0, int(now - started))
    is_late = started is None and job.begin > now
    status = JobStatus(
        JobRef(job.name, job.number, folder.native_id),
        JobState.PENDING if started is None else JobState.RUNNING,
        seconds,
        () if started is None else (socket.gethostname(),),
        id=folder.native_id,
        submitted=job.submitted,
        started=started,
        expected_start=job.begin if is_late else None,
        resources=Resources(
            nodes=1, cores=job.cores, memory_mb=job.memory_mb or None, gpus=0, walltime=job.walltime
        ),
    )
    if record is not None:
        return replace(
            status,
            state=record.state,
            elapsed=record.elapsed,
            reason=record.reason,
            ended=record.ended,
            expected_start=None,
        )
    if started is None:
        return replace(status, reason=_reason(folder, is_late))
    return status


def _reason(folder: Folder, is_late: bool) -> str:
    """Why the job has not started."""
    if folder.is_held():
        return "held"
    if is_late:
        return "begins later"
    return "is being started" if folder.is_starting() else "waits for cores"


def record_of(folder: Folder, job: LocalJob, now: float) -> JobRecord:
    """All that is known of the job, but for the size of its output."""
    status = status_of(folder, job, now)
    end = folder.record() if status.state.is_final else None
    return JobRecord.of_status(
        status,
        owner=own_name(),
        about=job.about,
        exit_code=None if end is None else end.exit_code,
        signal=None if end is None else end.signal,
        cpu_seconds=None if end is None else end.cpu_seconds,
        memory_used_mb=None if end is None else end.memory_used_mb,
        is_held=status.state.is_queued and folder.is_held(),
        evidence=("submission",) if status.state.is_queued else ("record",),
    )


def described(folder: Folder, job: LocalJob, now: float) -> str:
    """One ``Key=value`` a line, in the manner of ``scontrol show job``."""
    status = status_of(folder, job, now)
    limit = "none" if job.walltime is None else str(job.walltime)
    lines = {
        "JobId": folder.native_id,
        "JobName": job.name,
        "JobNumber": str(job.number),
        "JobState": status.state,
        "Reason": status.reason or "none",
        "SubmitTime": _time(job.submitted),
        "EligibleTime": _time(max(job.submitted, job.begin)),
        "StartTime": _time(folder.started()),
        "RunSeconds": str(status.elapsed),
        "TimeLimitSeconds": limit,
        "NumCPUs": str(job.cores),
        "NodeList": ",".join(status.nodes) or "none",
        "Command": " ".join(job.argv),
        "WorkDir": job.cwd,
        "StdOut": job.output,
        "RequestId": job.request_id or "none",
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _time(seconds: float | None) -> str:
    return (
        "none"
        if seconds is None
        else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    )
