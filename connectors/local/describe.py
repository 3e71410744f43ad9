"""A job as others see it: its status, and all about it for a human."""

import socket
from datetime import UTC, datetime

from connectors.local.folder import Folder, LocalJob
from dssr.job import JobRef, JobState, JobStatus


def status_of(folder: Folder, job: LocalJob, now: float) -> JobStatus:
    """Where the job is. Whether its supervisor is alive is checked when the queue advances."""
    ref = JobRef(job.name, job.number, folder.native_id)
    host = (socket.gethostname(),)
    started, record = folder.started(), folder.record()
    if record is not None:
        return JobStatus(
            ref, record.state, record.elapsed, () if started is None else host, record.reason
        )
    if started is not None:
        return JobStatus(ref, JobState.RUNNING, max(0, int(now - started)), host)
    reason = "begins later" if job.begin > now else "waits for cores"
    return JobStatus(ref, JobState.PENDING, reason="held" if folder.is_held() else reason)


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
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


def _time(seconds: float | None) -> str:
    return (
        "none"
        if seconds is None
        else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    )
