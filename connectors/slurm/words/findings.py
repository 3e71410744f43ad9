"""What was found out about one job, as its source said it, for the sentences that explain it.
Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from connectors.slurm.words.fields import job_fields
from connectors.slurm.words.questions import partition_of


@dataclass(frozen=True)
class Run:
    """One row of sacct: a run of the job, or one of its steps."""

    step: str  # empty for the job itself
    state: str  # as sacct prints it, CANCELLED by 1000
    exit_code: str  # code:signal
    derived: str
    elapsed: int  # seconds
    limit: str  # minutes, or UNLIMITED
    start: str
    end: str
    asked_memory: str
    used_memory: str
    nodes: str


@dataclass(frozen=True)
class Findings:
    """``sections``: the answers to the questions of ``questions``, stdout and stderr together; a
    question that was not asked is missing. ``name``: the job's name in Slurm. ``record``: what the
    batch script wrote as its last act. ``output``: the end of the job's output. ``cancelled``: when
    the job was cancelled through the bridge, in seconds since the epoch.
    """

    native_id: str
    name: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    record: Mapping[str, str] = field(default_factory=dict)
    output: bytes = field(default=b"", repr=False)
    cancelled: float | None = None

    @cached_property
    def job(self) -> Mapping[str, str]:
        """The fields of ``scontrol show job``; empty where the controller does not show the job."""
        shown = job_fields(self.sections.get("job", ""), self.name)
        return shown if shown.get("JobId") == self.native_id else {}

    @cached_property
    def partition(self) -> Mapping[str, str]:
        """The fields of ``scontrol show partition`` for the job's partition."""
        return partition_of(self.job, self.sections.get("partition", ""))

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The job's rows in accounting, the oldest run first."""
        return tuple(run for run in self._rows if not run.step)

    @property
    def last_run(self) -> Run | None:
        """The newest run that accounting shows."""
        return self.runs[-1] if self.runs else None

    @property
    def steps(self) -> tuple[Run, ...]:
        """The rows of all steps."""
        return tuple(run for run in self._rows if run.step)

    @cached_property
    def _rows(self) -> tuple[Run, ...]:
        lines = self.sections.get("accounting", "").splitlines()
        return tuple(run for line in lines if (run := _row(line, self.native_id)))

    @property
    def ahead(self) -> int | None:
        """How many waiting jobs of the partition Slurm considers before this one: those of higher
        priority and, among equals, those with a lower id. ``None`` where the queue is not shown."""
        rows = [row for row in self.lines("queue") if all(map(str.isdecimal, row))]
        queue = {int(native_id): int(priority) for native_id, priority, *_ in rows}
        own = int(self.native_id) if self.native_id.isdecimal() else 0
        if own not in queue:
            return None
        return sum((-queue[other], other) < (-queue[own], own) for other in queue)

    def lines(self, section: str) -> list[list[str]]:
        """The rows of an answer whose columns ``|`` divides, each at most five, errors left out."""
        rows = self.sections.get(section, "").splitlines()
        return [row.split("|", 4) for row in rows if "|" in row and " error: " not in row]


def _row(line: str, native_id: str) -> Run | None:
    parts = line.split("|")
    job, _, step = parts[0].partition(".")
    if len(parts) < 11 or job != native_id:
        return None
    _, state, exit_code, derived, elapsed, limit, start, end, asked, used, nodes = parts[:11]
    return Run(
        step=step,
        state=state,
        exit_code=exit_code,
        derived=derived,
        elapsed=int(elapsed) if elapsed.isdecimal() else 0,
        limit=limit,
        start=start,
        end=end,
        asked_memory=asked,
        used_memory=used,
        nodes=nodes,
    )
