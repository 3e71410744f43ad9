"""The thread that watches: when it asks the cluster, and for whom.

It asks for records at most once a second, most of which costs no command (``KeepsRecords``), and
for outputs at most every two seconds, whatever the number of listeners. It ends when there are
none.
"""

import logging
import threading
import time
from collections.abc import Callable

from dssr.deadline import answering
from dssr.errors import DssrError, Unavailable
from dssr.record import JobRecord
from dssr.watch.events import EventListener, Events
from dssr.watch.outputs import OutputReader, Outputs
from dssr.watch.source import Source
from dssr.watch.states import JobListener, States

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # second
READ_EVERY = 2.0  # seconds
_SOONEST = 0.05  # second between two looks, when the records' age is next to nothing


class Watch:
    """Watches the jobs of a source for all listeners. All methods may be called from many
    threads."""

    def __init__(self, source: Source, age: float, timeout: float) -> None:
        """``age``: seconds for which records are young. ``timeout``: seconds for each question."""
        self._source, self._age, self._timeout = source, age, timeout
        self._events, self._states, self._outputs = Events(), States(), Outputs()
        self._changed = threading.Condition()
        self._runs = False  # whether the thread does
        self._look_at = self._read_at = 0.0

    def events(self, listener: EventListener, after: int | None) -> None:
        """Pass on changes of all jobs. ``after``: the serial number of the last final state that
        the listener has; without one it gets those from now on."""
        self._events.add(listener, after)
        self._wake(look=True)

    def job(self, listener: JobListener, job: JobRecord) -> None:
        """Pass on when the job is no longer in this state."""
        self._states.add(listener, job)
        self._wake()

    def follow(self, job: JobRecord, offset: int, wake: Callable[[], None]) -> OutputReader:
        """Follow the job's output from that byte on. ``wake``: is called when there is more."""
        reader = self._outputs.add(job.ref, offset, wake)
        self._wake()
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

    def _wake(self, *, look: bool = False) -> None:
        with self._changed:
            if look:
                self._look_at = 0.0
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="watch", daemon=True).start()
            self._changed.notify()

    def _run(self) -> None:
        while self._wait():
            now = time.monotonic()
            if now >= self._look_at:
                self._look_at = now + LOOK_EVERY  # a listener who comes meanwhile sets it back
                self._ask(self._look, self._events.fail)
            if now >= self._read_at and self._outputs:
                self._read_at = now + READ_EVERY
                self._ask(self._read, self._outputs.fail)

    def _wait(self) -> bool:
        """Wait until something is due; whether there is a listener."""
        with self._changed:
            while self._events or self._states or self._outputs:
                due = min(self._look_at, self._read_at) if self._outputs else self._look_at
                left = due - time.monotonic()
                if left <= 0:
                    return True
                self._changed.wait(left)
            self._runs = False
            return False

    def _look(self) -> None:
        records = self._source.records()
        self._events.look(records, self._source.ends)
        self._states.look(records)
        stale_at = max(records.taken + self._age, time.monotonic() + _SOONEST)
        self._look_at = min(self._look_at, stale_at)

    def _read(self) -> None:
        self._outputs.read(self._source.read_outputs)

    def _ask(self, question: Callable[[], None], fail: Callable[[DssrError], None]) -> None:
        """Ask the cluster. An error is passed on, and the question is asked again later."""
        try:
            with answering(time.monotonic() + self._timeout):
                question()
        except DssrError as error:
            fail(error)
        except Exception:
            log.exception("The bridge cannot watch the cluster, because of a fault")
            fail(Unavailable("The bridge has a fault: its operator finds it in the bridge's log."))
