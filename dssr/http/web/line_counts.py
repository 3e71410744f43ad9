"""The numbers of lines in outputs: each line end is counted once, however often pages ask."""

import threading
from collections import OrderedDict

from dssr.jobs import Jobs
from dssr.record import JobRecord
from dssr.seams import PART

_COUNTED = PART  # bytes whose lines are counted for a page
_JOBS, _PLACES = 200, 50  # that are remembered, of each job


class LineCounts:
    """How many lines end before some bytes of outputs. All methods may be called from many
    threads."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, dict[int, int]] = OrderedDict()  # by job: count by byte

    def before(self, job: JobRecord, offset: int, size: int) -> int | None:
        """How many lines end before that byte; ``None`` where it would take long to count them.
        ``size``: of the output now, which is smaller than before where it was begun anew."""
        start, count = self._nearest(job.id, offset, size)
        if start == offset:
            return count
        if offset - start > _COUNTED:
            return None
        part = self._jobs.output_part(job, start, offset - start)
        if part.offset != start or len(part.data) != offset - start:
            return None
        count += part.data.count(b"\n")
        self._keep(job.id, offset, count)
        return count

    def _nearest(self, id: str, offset: int, size: int) -> tuple[int, int]:
        with self._lock:
            known = self._kept.get(id, {})
            if any(at > size for at in known):
                del self._kept[id]
                known = {}
            return max(((at, count) for at, count in known.items() if at <= offset), default=(0, 0))

    def _keep(self, id: str, offset: int, count: int) -> None:
        with self._lock:
            known = self._kept.setdefault(id, {})
            self._kept.move_to_end(id)
            known[offset] = count
            if len(known) > _PLACES:
                del known[next(iter(known))]
            if len(self._kept) > _JOBS:
                self._kept.popitem(last=False)
