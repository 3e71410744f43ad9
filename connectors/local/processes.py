"""The processes of a job, found and ended (Linux: proc(5), prctl(2))."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dssr.errors import SettingsError

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    group: int


def check_system() -> None:
    """Raises ``SettingsError`` on a system that does not show a job's processes."""
    if not Path("/proc/self/stat").exists():
        raise SettingsError([
            "Jobs can run on this machine only where Linux shows their processes in /proc: name a "
            "cluster (--cluster HOST, DSSR_CLUSTER) or a bridge (DSSR_URL) that runs them."
        ])  # fmt: skip


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(pid: int) -> list[Process]:
    """All processes below ``pid`` that have not ended, whatever group or session they have moved
    to."""
    children: dict[int, list[Process]] = {}
    for process in _table():
        children.setdefault(process.parent, []).append(process)
    found, parents = [], [pid]
    while parents:
        below = children.get(parents.pop(), [])
        found += below
        parents += [process.pid for process in below]
    return found


def marked(entry: str) -> list[Process]:
    """All of this user's processes that were started with ``entry`` (``NAME=value``) in their
    environment."""
    wanted = b"\0" + os.fsencode(entry) + b"\0"
    return [process for process in _table() if wanted in b"\0" + _environment(process.pid) + b"\0"]


def send(targets: list[Process], number: signal.Signals) -> None:
    """Signal each of them, but for those that have ended or belong to another user."""
    for process in targets:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)


def wait_until_none(
    find: Callable[[], list[Process]], seconds: float, number: signal.Signals | None = None
) -> bool:
    """Look until ``find`` finds nothing, or until the time is over; each look signals what it
    finds."""
    deadline = time.monotonic() + seconds
    while rest := find():
        if time.monotonic() > deadline:
            return False
        if number is not None:
            send(rest, number)
        time.sleep(0.02)
    return True


def largest_size() -> int:
    """The KB of memory that this process has had at most since its program began."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _table() -> Iterator[Process]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (process := _look(int(entry.name))):
            yield process


def _look(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # the name in parentheses may hold blanks and parentheses: the fields begin behind the last one
    state, parent, group = stat[stat.rindex(b")") + 1 :].split()[:3]
    return None if state in (b"Z", b"X") else Process(pid, int(parent), int(group))


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
