"""The legacy API's shapes: how a job's state, time, output and files look in an answer."""

from collections.abc import Iterable, Sequence
from typing import Any

from dssr.job import JobRef, JobResult, JobState, JobStatus, Output, Snapshot
from dssr.seams import DirectoryEntry

LAST_WORDS = "<< termination state: {} -- see STDOUT for job errors >>"
_CUT = "<< dssr: the first {} bytes of the output are left out >>\n"
_S = JobState
_RC = {_S.COMPLETED: 0} | dict.fromkeys((_S.FAILED, _S.NODE_FAIL, _S.OUT_OF_MEMORY), 1) | dict.fromkeys(
    (_S.CANCELLED, _S.DEADLINE, _S.PREEMPTED), -15
)  # fmt: skip
_RC_OTHER = -9
NEVER_SUBMITTED: list[Any] = [_RC_OTHER, "00:00:00", []]
NOT_LISTED = [None, None, None, None]


def rc(state: JobState) -> int:
    """The exit status that stands for a final state."""
    return _RC.get(state, _RC_OTHER)


def clock(seconds: int) -> str:
    """``HH:MM:SS``, the hours going on past 24."""
    minutes, seconds = divmod(max(seconds, 0), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def jobs(statuses: Iterable[JobStatus]) -> list[list[str]]:
    """``/running`` and ``/queued``."""
    return [[s.ref.name, s.ref.native_id] for s in statuses]


def age(snapshot: Snapshot) -> dict[str, str]:
    """The header that tells how many seconds ago the scheduler was asked (RFC 9111, 5.1)."""
    return {"Age": str(int(snapshot.age))}


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
    """``/exitstatus``. Where nothing proves how the job ended, its output's last line says what is known."""
    if ended is None:
        return NEVER_SUBMITTED
    stdout = text(ended.output).rstrip()
    if ended.state is JobState.UNKNOWN and ended.reason:
        stdout = f"{stdout}\n<< dssr: {ended.reason} >>".lstrip()
    return [rc(ended.state), clock(ended.elapsed), [stdout, LAST_WORDS.format(ended.state.value)]]


def text(output: Output) -> str:
    """A job's output: bytes that are no UTF-8 replaced, a first line in front where something was cut."""
    return (_CUT.format(output.cut) if output.cut else "") + output.data.decode("utf-8", "replace")


def info(url: str) -> dict[str, Any]:
    """The ``info`` method of ``/request``."""
    return {"about": "", "help": "", "url": url, "actions": {}}


def listing(entries: Sequence[DirectoryEntry], details: bool) -> bytes:
    """``pvcls``: one entry a line below ``/data``. A name that holds a line break cannot be shown so, and is left out."""
    return b"".join(_entry(entry, details) for entry in entries if "\n" not in entry.path)


def _entry(entry: DirectoryEntry, details: bool) -> bytes:
    path = f"/data{entry.path.rstrip('/')}{'/' if entry.is_directory else ''}"
    line = f"{entry.modified} {entry.size} {path}\n" if details else f"{path}\n"
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode()
