"""What the watch asks of the cluster."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dssr.job import JobRef
from dssr.jobs import Jobs
from dssr.record import End, OutputPart, Records
from dssr.seams import Connector, KeepsRecords


class Source(Protocol):
    """The jobs of a cluster. Its methods raise ``Unavailable``."""

    def records(self) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        ...

    def ends(self, after: int) -> Sequence[End]:
        """See ``dssr.seams.KeepsRecords``."""
        ...

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``."""
        ...


class JobSource:
    """The jobs of a bridge, with every connector."""

    def __init__(self, jobs: Jobs, connector: Connector) -> None:
        self._jobs, self._connector = jobs, connector

    def records(self) -> Records:
        """All jobs. Without records: those that the scheduler lists."""
        return self._jobs.index().records

    def ends(self, after: int) -> Sequence[End]:
        """The final states behind that serial number. Without records there are none."""
        return self._connector.ends(after) if isinstance(self._connector, KeepsRecords) else ()

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """A part of each job's output. Without that ability: of its last lines."""
        return self._jobs.read_outputs(offsets, limit)
