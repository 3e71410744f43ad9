"""What the local connector shows of jobs and of the machine, beside the calls of every connector:
records, output from any byte on, the cluster of one node."""

from collections.abc import Mapping, Sequence

from connectors.local import cluster, outputs
from connectors.local.records import RecordReader
from connectors.local.site import Site, os_errors_are_unavailable
from connectors.local.why import waits
from connectors.shared.record_list import RecordList
from connectors.shared.summaries import summary
from dssr.job import JobRef
from dssr.record import End, JobRecord, OutputPart, Records
from dssr.seams import ClusterView

_FRESH = 0.5  # seconds for which a list of all jobs is young: it costs little to make


class LocalAbilities:
    """The local connector's part that changes no job."""

    def __init__(self, site: Site, snapshot_age: float) -> None:
        self._site = site
        self._reader = RecordReader(site.store, site.clock)
        self._list = RecordList(min(snapshot_age, _FRESH), self._all)

    def records(self) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        return self._list.get(self._site.patience())

    def summary(self, job: JobRecord) -> str:
        """See ``dssr.seams.SummarizesJobs``."""
        return summary(job, waits)

    @os_errors_are_unavailable
    def record(self, id: str) -> JobRecord:
        """See ``dssr.seams.KeepsRecords``."""
        self.records()  # moves the queue on where no other call has done so
        return self._reader.one(id)

    @os_errors_are_unavailable
    def script(self, id: str) -> bytes:
        """See ``dssr.seams.KeepsRecords``; kept until the job is cleaned."""
        return self._reader.script(id)

    @os_errors_are_unavailable
    def ends(self, after: int) -> Sequence[End]:
        """See ``dssr.seams.KeepsRecords``."""
        return self._reader.ends(after)

    @os_errors_are_unavailable
    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``."""
        found = {ref: self._site.store.find(ref) for ref in offsets}
        return {
            ref: outputs.part(folder, job, offsets[ref], limit)
            for ref, folder in found.items()
            if folder is not None and (job := folder.job()) is not None
        }

    @os_errors_are_unavailable
    def cluster(self) -> ClusterView:
        """See ``dssr.seams.ShowsCluster``."""
        return cluster.view(self._site.machine, self._active())

    def _active(self) -> Sequence[JobRecord]:
        return [job for job in self.records().jobs if not job.is_final]

    @os_errors_are_unavailable
    def _all(self) -> Sequence[JobRecord]:
        with self._site.changing():
            self._site.advance()
        return self._reader.all()
