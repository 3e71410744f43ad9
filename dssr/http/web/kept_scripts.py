"""The scripts of jobs that pages have shown: a script does not change."""

import threading
from collections import OrderedDict

from dssr.jobs import Jobs
from dssr.record import JobRecord

MOST_KEPT = 20_000_000  # characters of all scripts
_LONGEST = 1_000_000  # of one that is kept


class KeptScripts:
    """Keeps the scripts that were used last. All methods may be called from many threads."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, str] = OrderedDict()

    def script(self, job: JobRecord) -> str:
        """The job's script as text. Raises what ``Jobs.script`` raises."""
        with self._lock:
            if job.id in self._kept:
                self._kept.move_to_end(job.id)
                return self._kept[job.id]
        text = self._jobs.script(job).decode("utf-8", "replace")
        if len(text) <= _LONGEST:
            self._keep(job.id, text)
        return text

    def _keep(self, id: str, text: str) -> None:
        with self._lock:
            self._kept[id] = text
            while sum(map(len, self._kept.values())) > MOST_KEPT:
                self._kept.popitem(last=False)
