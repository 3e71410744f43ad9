"""What those receive who listen to one job: its next state, or its output."""

import json
from collections.abc import Callable

from dssr.errors import DssrError
from dssr.http import sse
from dssr.http.live import LARGEST
from dssr.http.v1.rendering import JobRenderer
from dssr.record import JobRecord
from dssr.watch import OutputText, Watch

Wake = Callable[[], None]


class JobWait:
    """The next state of a job, for a response that waits for it."""

    def __init__(self, watch: Watch, job: JobRecord) -> None:
        self._watch, self._job = watch, job
        self._wake: Wake = lambda: None
        self._is_over = False
        self.is_behind = False

    def open(self, wake: Wake) -> None:
        """See ``dssr.http.live.Feed``."""
        self._wake = wake
        self._watch.job(self, self._job)

    def close(self) -> None:
        """See ``dssr.http.live.Feed``."""
        self._watch.stop_job(self)

    def changed(self, job: JobRecord | None, taken: float) -> None:
        """See ``dssr.watch.JobListener``."""
        self._is_over = True
        self._wake()

    def failed(self, error: DssrError) -> None:
        """See ``dssr.watch.JobListener``. The wait goes on: the request is answered in its time."""

    def read(self) -> bytes | None:
        """See ``dssr.http.live.Feed``."""
        return None if self._is_over else b""


class OutputStream:
    """A job's output as it is printed, its states, and its end."""

    def __init__(
        self, watch: Watch, renderer: JobRenderer, job: JobRecord, taken: float, offset: int
    ) -> None:
        """``taken``: when the cluster was asked for the job. ``offset``: of the first byte."""
        self._watch, self._renderer, self._offset = watch, renderer, offset
        self._asked = job
        self._job: JobRecord | None = job  # None: its record is no longer kept
        self._taken = taken
        self._is_new = self._has_new_state = True
        self._has_ended = False
        self._trouble = ""  # why there are no states at the moment

    def open(self, wake: Wake) -> None:
        """See ``dssr.http.live.Feed``."""
        self._wake = wake
        self._reader = self._watch.follow(self._asked, self._offset, wake)
        self._watch.job(self, self._asked)

    def close(self) -> None:
        """See ``dssr.http.live.Feed``."""
        self._watch.stop_following(self._reader)
        self._watch.stop_job(self)

    @property
    def is_behind(self) -> bool:
        """See ``dssr.http.live.Feed``."""
        return self._reader.is_behind

    def changed(self, job: JobRecord | None, taken: float) -> None:
        """See ``dssr.watch.JobListener``."""
        self._job, self._taken, self._has_new_state = job, taken, True
        self._wake()

    def failed(self, error: DssrError) -> None:
        """See ``dssr.watch.JobListener``."""
        self._trouble = error.message
        self._wake()

    def read(self) -> bytes | None:
        """See ``dssr.http.live.Feed``. A final state comes behind all output."""
        if self._has_ended:
            return None
        job = self._job
        parts = self._beginning()
        if job and not job.is_final:
            parts += self._state(job)
        size = 0
        while size < LARGEST and (text := self._reader.next()):
            parts.append(self.output_event(text))
            size += len(parts[-1])
        if (job is None or job.is_final) and self._reader.is_at_end:
            parts += self._end(job)
        return b"".join(parts)

    def _beginning(self) -> list[bytes]:
        troubles = {self._reader.trouble(), self._trouble} - {""}
        self._trouble = ""
        parts = [sse.comment(trouble) for trouble in sorted(troubles)]
        if self._is_new:
            self._is_new = False
            parts.append(sse.beginning(str(self._offset)))
        return parts

    def _state(self, job: JobRecord) -> list[bytes]:
        if not self._has_new_state:
            return []
        self._has_new_state = False
        return [sse.event("state", self._renderer.text(job, self._taken))]

    def _end(self, job: JobRecord | None) -> list[bytes]:
        self._has_ended = True
        end = sse.event("end", json.dumps({"offset": self._reader.offset}))
        return [*(self._state(job) if job else []), end]

    def output_event(self, text: OutputText) -> bytes:
        """A piece of the output as an event, whose id is where the output goes on."""
        data = json.dumps({"offset": text.offset, "text": text.text}, ensure_ascii=False)
        return sse.event("output", data, str(text.after))
