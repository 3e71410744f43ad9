"""This machine's process table, as far as the clusters on it are concerned (proc(5))."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One process, seen from this machine.

    :ivar pid: its number on this machine.
    :ivar inner: its number in its own PID namespace (1 for the first).
    :ivar name: what the kernel calls it (15 characters at most).
    :ivar command: its command line, words joined by blanks; empty for a zombie.
    """

    pid: int
    inner: int
    parent: int
    namespace: str
    name: str
    command: str


def processes() -> Iterator[Process]:
    """All processes of this machine that are still there when looked at."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, KeyError):
                yield _read(int(entry))


def in_namespace(namespace: str) -> list[Process]:
    """The processes whose own PID namespace is that one (``pid:[4026532000]``)."""
    return [process for process in processes() if process.namespace == namespace]


def descendants(pid: int) -> list[int]:
    """The process and all that it has started and that have not been orphaned."""
    children: dict[int, list[int]] = {}
    for process in processes():
        children.setdefault(process.parent, []).append(process.pid)
    found = [pid]
    for parent in found:
        found.extend(children.get(parent, []))
    return found


def kill_tree(pid: int) -> None:
    """Ends a process with all its descendants; those already gone are no error."""
    for victim in descendants(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)


def identity(pid: int) -> str:
    """A name for that very process, which no later one with the same number has; empty when there
    is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{pid}@{fields[19]}"


def is_alive(known_identity: str) -> bool:
    """Whether the process with that :func:`identity` still runs."""
    return (
        bool(known_identity) and identity(int(known_identity.partition("@")[0])) == known_identity
    )


def _read(pid: int) -> Process:
    base = Path(f"/proc/{pid}")
    lines = (
        line.partition(":\t") for line in (base / "status").read_text(errors="replace").splitlines()
    )
    status = {key: value for key, _, value in lines}
    command = (base / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
    return Process(
        pid=pid,
        inner=int(status["NSpid"].split()[-1]),
        parent=int(status["PPid"]),
        namespace=os.readlink(base / "ns/pid"),
        name=status["Name"],
        command=command.decode(errors="replace"),
    )
