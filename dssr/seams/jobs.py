"""What a connector may offer beside ``dssr.seams.Connector`` for the jobs of the API for people.

Each protocol is one ability. The bridge offers what its connector has, and answers every call that
makes sense without the ability from what all connectors have.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from dssr.job import JobRef, JobSpec
from dssr.record import Checked, End, JobRecord, OutputPart, Records


@runtime_checkable
class KeepsRecords(Protocol):
    """A connector that finds every job of this bridge, whether it waits, runs or has ended."""

    def records(self) -> Records:
        """All jobs whose record is kept, newest first, not older than ``JARVICE_SNAPSHOT_AGE``.

        The same at every replica and after a restart. While the last answer is young no command is
        sent, and one query serves all callers. Raises ``Unavailable``.
        """
        ...

    def record(self, id: str) -> JobRecord:
        """The job with that id, with what is only known of single jobs (size of the output).

        Callers poll it, so it costs no more commands than ``records``. Raises ``NotFound``, and
        ``Unavailable``.
        """
        ...

    def script(self, id: str) -> bytes:
        """The script as it was submitted. ``NotFound``: no such job, or no script is kept of it."""
        ...

    def ends(self, after: int) -> Sequence[End]:
        """The final states with a serial number above ``after``, in the order of these numbers.

        The order is fixed once, and is the same at every replica and after a restart. Each job is
        in it once at most. What is found without a command; ``records`` brings it up to date.
        """
        ...


@runtime_checkable
class WrapsScripts(Protocol):
    """A connector that submits a batch script around the script of a job."""

    def batch_script(self, id: str) -> bytes:
        """What the scheduler was given. ``NotFound``: no such job, or it is no longer kept."""
        ...


@runtime_checkable
class LocatesJobs(Protocol):
    """A connector that finds a job's script, output and files while its scheduler is silent."""

    def located(self, id: str) -> JobRecord:
        """The job with that id or native id, for what is kept of it. The scheduler is not asked:
        its state may be an older one, or UNKNOWN. Raises ``NotFound``, and ``Unavailable``."""
        ...


@runtime_checkable
class HoldsJobs(Protocol):
    """A connector that can hold a job that waits."""

    def hold(self, ref: JobRef) -> None:
        """Keep the job from starting until ``release``. ``NotFound``: no such job. ``Conflict``:
        the job has started or ended. ``Refused``: the scheduler's words."""
        ...


@runtime_checkable
class ReadsOutput(Protocol):
    """A connector that reads the output of jobs from any place on."""

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """What each of these jobs has printed from that byte on, at most ``limit`` bytes of each.

        One command for all of them (of one user). A job that has printed nothing has an empty part;
        a job that ``records`` does not list is left out. Raises ``Unavailable``.
        """
        ...


@runtime_checkable
class ChecksJobs(Protocol):
    """A connector that can examine a submission without submitting it."""

    def check(self, spec: JobSpec, launch: str) -> Checked:
        """What ``submit`` would send for the same arguments. Raises what ``submit`` raises for a
        request that is wrong; what only the scheduler refuses is a warning in the answer."""
        ...
