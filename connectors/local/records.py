"""What is known of every job whose folder is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from connectors.local import outputs
from connectors.local.describe import record_of
from connectors.local.folder import Folder, LocalJob
from connectors.local.store import Store
from dssr.errors import NotFound, no_job
from dssr.record import End, JobRecord


class RecordReader:
    """Reads the records of one state directory. A final one is read once."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._final: dict[str, JobRecord] = {}  # by id

    def all(self) -> Sequence[JobRecord]:
        """All jobs, newest first."""
        found = [self._read(folder) for folder in self._store.submitted()]
        jobs = [job for job in found if job is not None]
        self._final = {job.id: job for job in jobs if job.is_final}
        return jobs

    def one(self, id: str) -> JobRecord:
        """The job with the size of its output. Raises ``NotFound``."""
        folder, job = self._find(id)
        found = record_of(folder, job, self._clock())
        return replace(found, output_bytes=outputs.size(folder, job))

    def script(self, id: str) -> bytes:
        """The script as it was submitted. Raises ``NotFound``, also after the job was cleaned."""
        folder, job = self._find(id)
        submitted = Path(job.directory) / "submitted"
        try:
            return (submitted if submitted.exists() else submitted.with_name("script")).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(
                f"The script of job {folder.native_id} is no longer kept: it was removed with the "
                "job's files when its result was returned."
            ) from error

    def ends(self, after: int) -> Sequence[End]:
        """The final states with higher serial numbers than ``after``, in their order."""
        found = ((serial, self._read(folder)) for serial, folder in self._store.ends(after))
        return [End(serial, job) for serial, job in found if job is not None]

    def _read(self, folder: Folder) -> JobRecord | None:
        if (known := self._final.get(folder.native_id)) is not None:
            return known
        job = folder.job()
        if job is None or not self._store.exists(folder):
            return None
        return record_of(folder, job, self._clock())

    def _find(self, id: str) -> tuple[Folder, LocalJob]:
        folder = self._store.with_id(id)
        if folder is None or (job := folder.job()) is None:
            raise no_job(id)
        return folder, job
