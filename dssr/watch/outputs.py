"""The outputs that are followed: each is read once for all its listeners, and all by one command.

A listener who joins far behind the others waits for a second command, which is sent less often, and
reads on from there until it has caught up.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dssr.errors import DssrError
from dssr.job import JobRef
from dssr.record import OutputPart
from dssr.watch.window import KEPT, OutputText, Window

CATCH_UP_EVERY = 10.0  # seconds
_AT_ONCE = 8 << 20  # bytes of all outputs that one command reads
_KEPT_AT_ONCE = 64 << 20  # bytes of all outputs that are kept
_LEAST = 64 * 1024  # bytes of each of them, of both
Read = Callable[[Mapping[JobRef, int], int], Mapping[JobRef, OutputPart]]


class OutputReader:
    """The place of one listener in an output."""

    def __init__(self, output: "_Output", offset: int, wake: Callable[[], None]) -> None:
        self.output, self.offset, self.wake = output, offset, wake
        self._was_in_front = False
        self.failing = ""  # why the output cannot be read, of the last attempt
        self._trouble = ""

    def next(self) -> OutputText | None:
        """The text from this place on, and move behind it; ``None``: there is none at the
        moment."""
        output = self.output
        with output.lock:
            for window in output.windows():
                if self.offset in window and (piece := window.piece(self.offset)):
                    self.offset = piece.after
                    self._was_in_front = window is output.front
                    return piece
        return None

    def fail(self, error: DssrError) -> None:
        """The output cannot be read. The listener is woken once for each outage."""
        if error.message != self.failing:
            self.failing = self._trouble = error.message
            self.wake()

    def trouble(self) -> str:
        """Why there is nothing to read, once for each outage; empty when there is no reason."""
        trouble, self._trouble = self._trouble, ""
        return trouble

    @property
    def is_at_end(self) -> bool:
        """Whether everything was read, and nothing will follow."""
        with self.output.lock:
            front = self.output.front
            return self.output.is_gone or (front.is_last and self.offset == front.end)

    @property
    def is_behind(self) -> bool:
        """Whether the output has gone on while the listener did not read."""
        return self._was_in_front and self.offset < self.output.front.start


@dataclass
class _Output:
    """One output. ``front``: the window that reads on for most listeners; ``back``: for those who
    have to catch up."""

    ref: JobRef
    lock: threading.Lock
    front: Window
    back: Window | None = None
    readers: list[OutputReader] = field(default_factory=list)
    size: int = 0  # as far as it was seen
    is_gone: bool = False  # the connector does not know the job
    most: int = KEPT  # bytes that each window keeps

    def windows(self) -> tuple[Window, ...]:
        return (self.front, self.back) if self.back else (self.front,)

    def next_in_front(self) -> int | None:
        """The place to read next; ``None``: nothing is missing."""
        places = [reader.offset for reader in self.readers]
        if max(places) > self.front.end:  # which may be wrong: only the size says so
            self.front = Window(max(places))
        elif not any(place in self.front for place in places):
            self.front = Window(min(places))
        return None if self.front.is_last else self.front.end

    def next_behind(self) -> int | None:
        """The place where the listener reads on who is the farthest behind."""
        missing = [
            reader.offset
            for reader in self.readers
            if reader.offset not in self.front
            and not (self.back and reader.offset in self.back and self.back.piece(reader.offset))
        ]
        return min(missing, default=None)

    def read_in_front(self, asked: int, part: OutputPart | None) -> bool:
        """Take the next part. Whether that is news for the listeners."""
        self.is_gone = part is None
        if part is None:
            return True
        if part.size < asked:
            self._restart(part.size)
            return False
        if part.offset > asked:  # what was before is no longer kept
            self._skip(part.offset)
            self.front = Window(part.offset)
        is_last = part.is_complete and part.offset + len(part.data) >= part.size
        self.front.add(part.data, is_last=is_last, most=self.most)
        self.size = part.size
        return bool(part.data) or is_last

    def read_behind(self, asked: int, part: OutputPart | None) -> bool:
        """Take a part for those who have to catch up."""
        if part is None or not part.data:
            return False  # the next read in front finds out why
        if part.offset > asked:
            self._skip(part.offset)
        self.back = Window(part.offset)
        self.back.add(part.data, is_last=False)
        return True

    def _restart(self, size: int) -> None:
        """Read anew: the job has truncated its output, or a listener has named a place behind its
        end."""
        was_truncated = size < self.size
        for reader in self.readers:
            if was_truncated or reader.offset > size:
                reader.offset = 0
        self.front, self.back = Window(max(r.offset for r in self.readers)), None
        self.size = size

    def _skip(self, offset: int) -> None:
        for reader in self.readers:
            reader.offset = max(reader.offset, offset)


class Outputs:
    """All outputs that are followed. ``read`` is called by one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._outputs: dict[JobRef, _Output] = {}
        self._caught_up_at = float("-inf")

    def __len__(self) -> int:
        return len(self._outputs)

    def add(self, ref: JobRef, offset: int, wake: Callable[[], None]) -> OutputReader:
        """Follow an output from that byte on. ``wake``: is called when there may be more."""
        with self._lock:
            output = self._outputs.get(ref)
            if output is None:
                output = self._outputs[ref] = _Output(ref, self._lock, Window(offset))
            reader = OutputReader(output, offset, wake)
            output.readers.append(reader)
        return reader

    def remove(self, reader: OutputReader) -> None:
        """Do not follow it any more. Does nothing for a reader that was removed."""
        with self._lock:
            output = reader.output
            if reader in output.readers:
                output.readers.remove(reader)
                if not output.readers:
                    del self._outputs[output.ref]

    def read(self, read: Read) -> None:
        """Read on: one command, and another one for those who have to catch up."""
        self._advance(read, _Output.next_in_front, _Output.read_in_front)
        if self._clock() - self._caught_up_at >= CATCH_UP_EVERY and self._advance(
            read, _Output.next_behind, _Output.read_behind
        ):
            self._caught_up_at = self._clock()
        for reader in self._readers():
            reader.failing = ""

    def fail(self, error: DssrError) -> None:
        """Report an outage to all listeners."""
        for reader in self._readers():
            reader.fail(error)

    def _readers(self) -> list[OutputReader]:
        with self._lock:
            return [reader for output in self._outputs.values() for reader in output.readers]

    def _advance(
        self,
        read: Read,
        place: Callable[[_Output], int | None],
        take: Callable[[_Output, int, OutputPart | None], bool],
    ) -> bool:
        """Whether anything was to be read."""
        with self._lock:
            outputs = dict(self._outputs)
            for output in outputs.values():
                output.most = min(KEPT, max(_LEAST, _KEPT_AT_ONCE // len(outputs)))
            found = ((ref, place(output)) for ref, output in outputs.items())
            places = {ref: offset for ref, offset in found if offset is not None}
        if not places:
            return False
        parts = read(places, max(_LEAST, _AT_ONCE // len(places)))
        with self._lock:
            woken = [
                reader
                for ref, offset in places.items()
                if take(outputs[ref], offset, parts.get(ref))
                for reader in outputs[ref].readers
            ]
        for reader in woken:
            reader.wake()
        return True
