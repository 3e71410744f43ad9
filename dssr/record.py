"""What is known of a job from its submission to the end of its record. Plain values, for every
scheduler. Pure.

``JobStatus`` is what a scheduler lists; a ``JobRecord`` is there before and after that, too.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dssr.job import JobRef, JobState, JobStatus, Resources

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # of a job, in URLs and on command lines


@dataclass(frozen=True, slots=True)
class About:
    """What is written down about a job when it is submitted, and never changes."""

    executor: str = ""
    image: str = ""
    script_sha256: str = ""  # of the script as it was submitted, in hexadecimal digits
    working_directory: str = ""  # on the cluster; "" where the job has none that is kept
    labels: tuple[tuple[str, str], ...] = ()
    keeps_files: bool = False  # its files are kept as long as its record, and not until /exitstatus
    held: bool = False  # it was submitted so; it may have been released since
    resources: Resources | None = None  # what was asked for, where that is written down
    memory_per: str = ""  # "node" or "core": what the memory was asked for, where it was


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job. Times are in seconds since the epoch, ``None`` where they are unknown."""

    id: str  # permanent; ``ID`` is its form
    ref: JobRef  # with the native id
    state: JobState
    owner: str = ""  # the local user on the cluster
    about: About = About()
    reason: str = ""  # the scheduler's own word
    submitted: float | None = None
    started: float | None = None
    ended: float | None = None
    expected_start: float | None = None
    elapsed: int = 0  # seconds
    nodes: tuple[str, ...] = ()
    resources: Resources | None = None
    exit_code: int | None = None
    signal: int | None = None
    cpu_seconds: float | None = None  # that its processes used together; None: not measured
    memory_used_mb: int | None = None
    output_bytes: int | None = None  # None: not asked for, as in a list
    is_held: bool = False
    is_final: bool = False  # it has ended for good; with the state UNKNOWN it is lost
    evidence: tuple[str, ...] = ()  # squeue, accounting, record, submission or cancellation
    ordered: float | None = None  # see ``JobStatus``

    @classmethod
    def of_status(cls, status: JobStatus, **more: Any) -> "JobRecord":
        """The record of a job as its scheduler lists it. ``more``: members that the status has not,
        or that are better known otherwise."""
        listed: dict[str, Any] = {
            "id": status.id,
            "ref": status.ref,
            "state": status.state,
            "owner": status.owner,
            "reason": status.reason,
            "submitted": status.submitted,
            "started": status.started,
            "ended": status.ended,
            "expected_start": status.expected_start,
            "elapsed": status.elapsed,
            "nodes": status.nodes,
            "resources": status.resources,
            "is_final": status.state.is_final,
        }
        return cls(**listed | more)


@dataclass(frozen=True)
class Records:
    """All jobs, newest first. ``taken``: when the cluster was asked, on the clock of
    ``time.monotonic``. ``version``: another number whenever a job has changed."""

    jobs: Sequence[JobRecord]
    taken: float
    version: int


@dataclass(frozen=True, slots=True)
class End:
    """A final state, in the order in which all replicas report final states."""

    serial: int  # from 1; not all numbers are used
    job: JobRecord


@dataclass(frozen=True, slots=True)
class OutputPart:
    """A part of a job's output. ``size``: bytes of the whole output so far, which is less than the
    place that was asked for when the job has truncated its output."""

    data: bytes
    offset: int  # of the first byte
    size: int
    is_complete: bool = False  # nothing follows it: the job has ended, and this is the end
    # The job's script has come to its end: the scheduler knows soon, if it does not yet.
    is_ending: bool = False


@dataclass(frozen=True)
class Checked:
    """What a submission would send."""

    batch_script: str
    options: Sequence[str]  # the words for the scheduler's submit command
    warnings: Sequence[str] = ()  # a sentence each
    expected_start: float | None = None  # seconds since the epoch
    refusal: str = ""  # the scheduler's words where it would refuse the job


@dataclass(frozen=True)
class Why:
    """Why a job is in its state, in plain words.

    ``because``: what is known about it, figures included. ``cure``: what the user or the operator
    can do. ``evidence``: what it rests on, each in its source's own words. ``expected_start``: in
    seconds since the epoch, of a job that waits; ``None`` where the scheduler names no time.
    """

    summary: str
    because: tuple[str, ...] = ()
    cure: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    expected_start: float | None = None

    def as_text(self) -> str:
        """For people who read a terminal: the summary, then a block for each of the others."""
        start = () if self.expected_start is None else (_time_text(self.expected_start),)
        blocks = {
            "What is known": self.because,
            "What to do": self.cure,
            "Expected start": start,
            "Evidence": self.evidence,
        }
        lines = [self.summary]
        for title, sentences in blocks.items():
            if sentences:
                lines += [f"{title}:", *(f"  {sentence}" for sentence in sentences)]
        return "".join(f"{line}\n" for line in lines)


def _time_text(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
