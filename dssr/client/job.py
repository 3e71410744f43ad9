"""A job, as a program has it in hand."""

import re
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast

from dssr.client import display
from dssr.client.documents import Explanation, JobDocument
from dssr.client.errors import BridgeFault, WaitTimeout
from dssr.client.files import Files
from dssr.client.session import READ, Session
from dssr.client.transfer import body_from
from dssr.client.urls import quoted

# Ids are printed, pasted into shells and put into addresses: a bridge is not trusted with more.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\[\]-]*")  # PBS has brackets in those of arrays
_MOST_LISTED = 10  # jobs in an error
_WAIT = 20  # seconds of one long poll: proxies cut connections that are silent for longer


@dataclass(frozen=True, slots=True)
class Printed:
    """Output, as it is printed. ``offset``: the byte of the output where the text begins."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """The job has another state."""

    document: JobDocument


def several(jobs: Sequence["Job"], what: str) -> str:
    """The sentence that several jobs fit, and a line for each of the first ones."""
    now = datetime.now().astimezone()
    rows = [f"\n  {display.listed(job.document, now)}" for job in jobs[:_MOST_LISTED]]
    more = "\n  ..." if len(jobs) > _MOST_LISTED else ""
    return f"{len(jobs)} jobs {what}: use an id.{''.join(rows)}{more}"


class Job:
    """A job. ``document`` is what the bridge said last about it; ``refresh`` and all orders ask
    anew. All methods raise ``ClientError``."""

    def __init__(self, session: Session, document: JobDocument) -> None:
        if not _ID.fullmatch(document["id"]):
            raise BridgeFault(f"The bridge sent a job whose id is no id: {document['id'][:60]!a}.")
        self._session = session
        self.document = document

    @property
    def id(self) -> str:
        """The permanent id."""
        return self.document["id"]

    @property
    def name(self) -> str:
        """The name, which need not be the job's alone."""
        return self.document["name"]

    @property
    def native_id(self) -> str:
        """The scheduler's id, which may be given out again."""
        return self.document["native_id"]

    @property
    def state(self) -> str:
        """The state in ``document``, such as ``RUNNING``."""
        return self.document["state"]

    @property
    def is_final(self) -> bool:
        """Whether the job has ended for good, as ``document`` has it."""
        return self.document["is_final"]

    @property
    def files(self) -> Files:
        """The files in the job's working directory."""
        return Files(self._session, self._path, self.name)

    def refresh(self) -> Self:
        """Ask for the job as it is now; returns it."""
        return self._take(self._session.json("GET", self._path))

    def wait(self, timeout: float | None = None) -> Self:
        """Wait for the job's end; returns it. Raises ``WaitTimeout`` after ``timeout`` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        self.refresh()
        while not self.is_final:
            left = _WAIT if until is None else min(_WAIT, until - time.monotonic())
            if left <= 0:
                raise WaitTimeout(
                    f"Job {self.id} is {self.state} after {timeout:g} seconds.", transient=True
                )
            query = {"wait_seconds": max(1, round(left)), "state": self.state}
            self._take(self._session.json("GET", self._path, query=query, seconds=READ + _WAIT))
        return self

    def output(self, tail: int | None = None) -> str:
        """What the job has printed until now, or the last ``tail`` lines of it. Bytes that are no
        UTF-8 are replaced; ``output_pieces`` has them as they are."""
        if tail is None:
            return b"".join(self.output_pieces()).decode("utf-8", "replace")
        answer = self._session.call("GET", f"{self._path}/output", query={"tail": tail})
        return answer.content.decode("utf-8", "replace")

    def output_pieces(self, first: int = 0) -> Iterator[bytes]:
        """The bytes that the job has printed until now, from byte ``first`` on. Where the
        connection breaks, they go on behind the last one."""
        return body_from(self._session, f"{self._path}/output", first)

    def follow(
        self, *, after: int | None = None, tail: int | None = None
    ) -> Generator[str, None, None]:
        """The output as it is printed, until the job has ended and all of it has come.

        ``after``: begin at this byte. ``tail``: begin with the last lines of what is there.
        """
        for news in self.live(after=after, tail=tail):
            if isinstance(news, Printed):
                yield news.text

    def live(
        self, *, after: int | None = None, tail: int | None = None
    ) -> Generator[Printed | Changed, None, None]:
        """Output and states as they come, until the end of both; ``document`` is the latest."""
        query = {"follow": "true", "tail": tail}
        last_id = "" if after is None else str(after)
        for event in self._session.events(f"{self._path}/output", query, last_id):
            if event.name == "end":
                return
            found = self._session.read(event.data)
            if event.name == "output":
                yield Printed(found["offset"], found["text"])
            elif event.name == "state":
                self._take(found)
                yield Changed(self.document)

    def why(self) -> Explanation:
        """Why the job waits, runs, or ended as it did, and what to do."""
        return cast(Explanation, self._session.json("GET", f"{self._path}/why"))

    def cancel(self) -> Self:
        """End the job; returns it. One that has ended stays as it is."""
        return self._take(self._session.json("DELETE", self._path))

    def hold(self) -> Self:
        """Keep the job from starting; returns it. Raises ``Conflict`` for one that has started."""
        return self._take(self._session.json("POST", f"{self._path}/hold"))

    def release(self) -> Self:
        """Let a held job start; returns it."""
        return self._take(self._session.json("POST", f"{self._path}/release"))

    def script(self) -> str:
        """The script, as it was submitted."""
        return self._session.call("GET", f"{self._path}/script").content.decode("utf-8", "replace")

    def begins_with(self, text: str) -> bool:
        """Whether its id or its name begins so. Digits alone are the beginning of nothing: they are
        the native id of another job, and ids begin with the date."""
        if not text or text.isdigit():
            return False
        return self.id.startswith(text) or self.name.startswith(text)

    def __repr__(self) -> str:
        return display.short(self.document)

    def __str__(self) -> str:
        return display.text(self.document)

    def _repr_html_(self) -> str:
        return display.html(self.document)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("..." if cycle else display.text(self.document))

    @property
    def _path(self) -> str:
        return f"/jobs/{quoted(self.id)}"

    def _take(self, document: Any) -> Self:
        self.document = document
        return self
