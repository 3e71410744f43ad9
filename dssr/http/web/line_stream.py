"""What the page of a job's output receives: lines as they look, while the job prints them."""

import json

from dssr.http import sse
from dssr.http.v1.job_feeds import OutputStream
from dssr.http.v1.rendering import JobRenderer
from dssr.http.web.ansi import Terminal
from dssr.record import JobRecord
from dssr.watch import OutputText, Watch


class LineStream(OutputStream):
    """As the API's stream, but with events ``lines``: ``{"lines": [...], "open": ...}``, each line
    as ``dssr.http.web.ansi`` has it. ``open`` has not ended yet; it is the rest of a line where the
    listener comes back in the middle of one."""

    def __init__(
        self, watch: Watch, renderer: JobRenderer, job: JobRecord, taken: float, offset: int
    ) -> None:
        super().__init__(watch, renderer, job, taken, offset)
        self._terminal = Terminal()

    def output_event(self, text: OutputText) -> bytes:
        """See ``OutputStream``."""
        lines = self._terminal.feed(text.text.encode("utf-8", "replace"))
        data = json.dumps({"lines": lines, "open": self._terminal.line}, ensure_ascii=False)
        return sse.event("lines", data, str(text.after))
