"""When the cluster is asked, and for whom: one thread asks for records, and one reads outputs, so
that output goes on while the scheduler does not answer.

Records are asked for at most once a second, most of which costs no command (``KeepsRecords``), and
outputs at most every two seconds, whatever the number of listeners; once more at once when a job
whose output is followed ends. A thread ends when it has none.
"""

import time
from collections.abc import Callable, Mapping

from dssr.errors import DssrError
from dssr.job import JobRef
from dssr.record import JobRecord, OutputPart
from dssr.watch.asking import Asker
from dssr.watch.events import EventListener, Events
from dssr.watch.outputs import OutputReader, Outputs
from dssr.watch.source import Source
from dssr.watch.states import JobListener, States

LOOK_EVERY = 1.0  # second
READ_EVERY = 2.0  # seconds
_SOONEST = 0.05  # second between two looks, when the records' age is next to nothing


class Watch:
    """Watches the jobs of a source for all listeners. All methods may be called from many
    threads."""

    def __init__(self, source: Source, age: float, timeout: float) -> None:
        """``age``: seconds for which records are young. ``timeout``: seconds for each question."""
        self._source, self._age = source, age
        self._events, self._states, self._outputs = Events(), States(), Outputs()
        self._ending: set[JobRef] = set()  # jobs whose output says that they end
        self._looks = Asker(
            "watch",
            LOOK_EVERY,
            timeout,
            is_wanted=lambda: bool(self._events or self._states),
            question=self._look,
            fail=self._fail,
        )
        self._reads = Asker(
            "watch-outputs",
            READ_EVERY,
            timeout,
            is_wanted=lambda: bool(self._outputs),
            question=lambda: self._outputs.read(self._read),
            fail=self._outputs.fail,
        )

    def events(self, listener: EventListener, after: int | None) -> None:
        """Pass on changes of all jobs. ``after``: the serial number of the last final state that
        the listener has; without one it gets those from now on."""
        self._events.add(listener, after)
        self._looks.wake(due=0.0)

    def job(self, listener: JobListener, job: JobRecord) -> None:
        """Pass on when the job is no longer in this state."""
        self._states.add(listener, job)
        self._looks.wake()

    def follow(self, job: JobRecord, offset: int, wake: Callable[[], None]) -> OutputReader:
        """Follow the job's output from that byte on. ``wake``: is called when there is more."""
        reader = self._outputs.add(job.ref, offset, wake)
        self._reads.wake()
        return reader

    def stop_events(self, listener: EventListener) -> None:
        """The listener wants no more changes."""
        self._events.remove(listener)

    def stop_job(self, listener: JobListener) -> None:
        """The listener does not want to know about its job any more."""
        self._states.remove(listener)

    def stop_following(self, reader: OutputReader) -> None:
        """The output has one listener less."""
        self._outputs.remove(reader)

    def _look(self) -> None:
        records = self._source.records()
        self._events.look(records, self._source.ends)
        self._states.look(records)
        if self._ending and any(job.is_final for job in records.jobs if job.ref in self._ending):
            self._ending = set()
            self._reads.wake(due=0.0)  # for the end of its output
        self._looks.wake(due=max(records.taken + self._age, time.monotonic() + _SOONEST))

    def _read(self, offsets: Mapping[JobRef, int], limit: int) -> Mapping[JobRef, OutputPart]:
        """Read outputs; where a job is about to end, the records are looked at at once."""
        parts = self._source.read_outputs(offsets, limit)
        self._ending = {ref for ref, part in parts.items() if part.is_ending}
        if self._ending:
            self._looks.wake(due=0.0)
        return parts

    def _fail(self, error: DssrError) -> None:
        self._events.fail(error)
        self._states.fail(error)
