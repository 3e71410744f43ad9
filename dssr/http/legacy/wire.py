"""The shapes of the legacy API: how a job's state, time, output and files look in a response."""

from collections.abc import Iterable, Sequence
from typing import Any

from dssr.job import JobRef, JobResult, JobState, JobStatus, Output, Snapshot
from dssr.seams import DirectoryEntry

LAST_WORDS = "<< termination state: {} -- see STDOUT for job errors >>"
_CUT = "<< dssr: the first {} bytes of the output are left out >>\n"
_S = JobState
_RC = {
    _S.COMPLETED: 0,
    _S.FAILED: 1,
    _S.NODE_FAIL: 1,
    _S.OUT_OF_MEMORY: 1,
    _S.CANCELLED: -15,
    _S.DEADLINE: -15,
    _S.PREEMPTED: -15,
}
_RC_OTHER = -9
NEVER_SUBMITTED: list[Any] = [_RC_OTHER, "00:00:00", []]
_IMAGES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
NOT_LISTED = [None, None, None, None]


def rc(state: JobState) -> int:
    """The exit status of a final state."""
    return _RC.get(state, _RC_OTHER)


def clock(seconds: int) -> str:
    """``HH:MM:SS``, the hours going on past 24."""
    minutes, seconds = divmod(max(seconds, 0), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def jobs(statuses: Iterable[JobStatus]) -> list[list[str]]:
    """``/running`` and ``/queued``."""
    return [[s.ref.name, s.ref.native_id] for s in statuses]


def age(snapshot: Snapshot) -> str:
    """The header ``Age``: how many seconds ago the scheduler was queried (RFC 9111, 5.1)."""
    return str(int(snapshot.age))


def status(ref: JobRef, found: JobStatus | None) -> list[Any]:
    """``/runstatus``."""
    if found is None:
        return NOT_LISTED
    return [
        list(found.nodes),
        clock(found.elapsed),
        f"{ref.name}/{ref.number}/{ref.native_id}",
        None,
    ]


def result(ended: JobResult | None) -> list[Any]:
    """``/exitstatus``. Where evidence of the end is missing, the output's last line says so."""
    if ended is None:
        return NEVER_SUBMITTED
    stdout = text(ended.output).rstrip()
    if ended.state is JobState.UNKNOWN and ended.reason:
        stdout = f"{stdout}\n<< dssr: {ended.reason} >>".lstrip()
    return [rc(ended.state), clock(ended.elapsed), [stdout, LAST_WORDS.format(ended.state.value)]]


def text(output: Output) -> str:
    """A job's output as text. Bytes that are not UTF-8 are replaced; the first line says what was
    cut.
    """
    note = _CUT.format(output.cut) if output.cut else ""
    return note + output.data.decode("utf-8", "replace")


def info(url: str) -> dict[str, Any]:
    """The ``info`` method of ``/request``."""
    return {"about": "", "help": "", "url": url, "actions": {}}


def image_type(image: bytes) -> str:
    """The media type of a screenshot, by its first bytes; text for an empty one."""
    for begin, kind in _IMAGES:
        if image.startswith(begin):
            return kind
    return "application/octet-stream" if image else "text/plain; charset=utf-8"


def listing(entries: Sequence[DirectoryEntry], details: bool) -> bytes:
    """``pvcls``: one entry a line below ``/data``, without names that have a line break."""
    return b"".join(_entry(entry, details) for entry in entries if "\n" not in entry.path)


def _entry(entry: DirectoryEntry, details: bool) -> bytes:
    path = f"/data{entry.path.rstrip('/')}{'/' if entry.is_directory else ''}"
    line = f"{path}\n"
    if details:
        line = f"{entry.modified} {entry.size} {line}"
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode()
