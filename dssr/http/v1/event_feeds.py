"""What those receive who listen to the changes of all jobs."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from dssr.errors import DssrError
from dssr.http import sse
from dssr.http.live import LARGEST
from dssr.http.v1.rendering import JobRenderer
from dssr.watch import Change, Watch

Wake = Callable[[], None]


class EventText:
    """Changes as text, which is made once for all listeners."""

    def __init__(self, renderer: JobRenderer) -> None:
        self._renderer = renderer
        self._last: tuple[Sequence[Change], Sequence[bytes]] = ((), ())

    def event(self, change: Change) -> bytes:
        """One event."""
        serial = "" if change.serial is None else str(change.serial)
        return sse.event("job", f"{{{self._members(change)}}}", serial)

    def item(self, change: Change) -> str:
        """One event as an item of a list, in JSON."""
        serial = "null" if change.serial is None else f'"{change.serial}"'
        return f'{{"id": {serial}, {self._members(change)}}}'

    def events(self, changes: Sequence[Change]) -> Sequence[bytes]:
        """Several events. The watch passes the same list to all listeners."""
        known, events = self._last
        if changes is not known:
            events = [self.event(change) for change in changes]
            self._last = changes, events
        return events

    def _members(self, change: Change) -> str:
        job = self._renderer.text(change.job, change.taken)
        return f'"job": {job}, "before": {json.dumps(change.before)}'


class EventStream:
    """All changes, as a stream of events."""

    def __init__(self, watch: Watch, text: EventText, after: int | None) -> None:
        """``after``: the serial number of the last final state that the listener has."""
        self._watch, self._text, self._after = watch, text, after
        self._lock = threading.Lock()
        self._wake: Wake = lambda: None
        self._beginning = b""
        self._missed: Iterator[Change] | None = None  # of what came first, a long list of many
        self._waiting: deque[bytes] = deque()
        self._size = 0  # of what waits
        self.is_behind = False

    def open(self, wake: Wake) -> None:
        """See ``dssr.http.live.Feed``."""
        self._wake = wake
        self._watch.events(self, self._after)

    def close(self) -> None:
        """See ``dssr.http.live.Feed``."""
        self._watch.stop_events(self)

    def changed(self, changes: Sequence[Change], serial: int) -> None:
        """See ``dssr.watch.EventListener``."""
        if self._missed is None:
            first = serial if self._after is None else min(self._after, serial)
            self._beginning, self._missed = sse.beginning(str(first)), iter(changes)
        else:
            self._add(self._text.events(changes))
        self._wake()

    def failed(self, error: DssrError) -> None:
        """See ``dssr.watch.EventListener``."""
        self._add([sse.comment(error.message)])
        self._wake()

    def read(self) -> bytes:
        """See ``dssr.http.live.Feed``."""
        parts, size = [], 0
        with self._lock:
            while size < LARGEST and (part := self._next()):
                parts.append(part)
                size += len(part)
        return b"".join(parts)

    def _add(self, events: Sequence[bytes]) -> None:
        with self._lock:
            self.is_behind = self._size > LARGEST  # of what came earlier
            self._waiting.extend(events)
            self._size += sum(map(len, events))

    def _next(self) -> bytes:
        """The beginning first, then what was missed, then what is new; empty: nothing."""
        if self._beginning:
            part, self._beginning = self._beginning, b""
            return part
        if self._missed and (change := next(self._missed, None)):
            return self._text.event(change)
        if not self._waiting:
            return b""
        part = self._waiting.popleft()
        self._size -= len(part)
        return part


class EventWait:
    """The next changes, for a response that waits for them."""

    def __init__(self, watch: Watch, after: int | None, *, at_once: bool) -> None:
        """``at_once``: what there is is enough, though it may be nothing."""
        self._watch, self._after, self._at_once = watch, after, at_once
        self._wake: Wake = lambda: None
        self.changes: Sequence[Change] = ()
        self.serial = after
        self.error: DssrError | None = None
        self._is_over = False
        self.is_behind = False

    def open(self, wake: Wake) -> None:
        """See ``dssr.http.live.Feed``."""
        self._wake = wake
        self._watch.events(self, self._after)

    def close(self) -> None:
        """See ``dssr.http.live.Feed``."""
        self._watch.stop_events(self)

    def changed(self, changes: Sequence[Change], serial: int) -> None:
        """See ``dssr.watch.EventListener``."""
        if self._is_over:
            return
        self.error, self.serial = None, serial
        if changes or self._at_once:
            self.changes, self._is_over = changes, True
            self._wake()

    def failed(self, error: DssrError) -> None:
        """See ``dssr.watch.EventListener``."""
        self.error = error

    def read(self) -> bytes | None:
        """See ``dssr.http.live.Feed``."""
        return None if self._is_over else b""
