"""A cluster whose jobs, final states and outputs a test decides, and what was asked of it."""

import itertools
import threading
import time
from collections.abc import Mapping, Sequence

from dssr.errors import DssrError
from dssr.job import JobRef, JobState
from dssr.record import End, JobRecord, OutputPart, Records


def job(id: str, state: JobState = JobState.PENDING) -> JobRecord:
    """A job in that state."""
    return JobRecord(id, JobRef(f"name-{id}", 1, f"native-{id}"), state, is_final=state.is_final)


class ScriptedCluster:
    """A source of the watch. Replicas share one: each final state has its serial number here.

    ``asked``: when each command was sent, by its kind. ``age``: seconds for which records are
    young. ``failure``: raised by each command if set.
    """

    def __init__(self, age: float = 0.0) -> None:
        self.age = age
        self.jobs: dict[str, JobRecord] = {}
        self.outputs: dict[str, bytes] = {}
        self.all_ends: list[End] = []
        self.asked: dict[str, list[float]] = {"records": [], "outputs": []}
        self.read: list[tuple[Mapping[str, int], int]] = []  # places and limit of each command
        self.failure: DssrError | None = None
        self.ending: set[str] = set()  # jobs whose script has ended: one look more shows it
        self._serials = itertools.count(1)
        self._versions = itertools.count(1)
        self._last: Records | None = None
        self._lock = threading.Lock()

    def put(self, id: str, state: JobState) -> JobRecord:
        """Put a job into a state; a final one gets the next serial number but one."""
        with self._lock:
            found = self.jobs[id] = job(id, state)
            if found.is_final:
                next(self._serials)  # not all numbers are used
                self.all_ends.append(End(next(self._serials), found))
        return found

    def prints(self, id: str, data: bytes) -> None:
        """Have a job print this."""
        self.outputs[id] = self.outputs.get(id, b"") + data

    def records(self) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        now = time.monotonic()
        with self._lock:
            if self._last is None or now - self._last.taken > self.age or not self.age:
                self._command("records")
                jobs = list(reversed(self.jobs.values()))
                self._last = Records(jobs, now, next(self._versions))
            return self._last

    def ends(self, after: int) -> Sequence[End]:
        """See ``dssr.seams.KeepsRecords``."""
        return [end for end in self.all_ends if end.serial > after]

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``."""
        with self._lock:
            self._command("outputs")
            found = {ref: self._id(ref) for ref in offsets}
            self.read.append(({id: offsets[ref] for ref, id in found.items()}, limit))
            if self.ending:
                self._last = None
            return {
                ref: self._part(id, offsets[ref], limit)
                for ref, id in found.items()
                if id in self.jobs
            }

    def _part(self, id: str, offset: int, limit: int) -> OutputPart:
        data = self.outputs.get(id, b"")
        part = data[offset : offset + limit]
        is_complete, is_ending = self.jobs[id].is_final, id in self.ending
        return OutputPart(part, offset, len(data), is_complete and not is_ending, is_ending)

    def _id(self, ref: JobRef) -> str:
        return ref.native_id.removeprefix("native-")

    def _command(self, kind: str) -> None:
        self.asked[kind].append(time.monotonic())
        if self.failure:
            raise self.failure


def listed(*jobs: JobRecord, version: int) -> Records:
    """Records of these jobs, the newest first."""
    return Records(list(reversed(jobs)), time.monotonic(), version)
