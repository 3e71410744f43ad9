"""The output of jobs from any byte on."""

import os
from pathlib import Path

from connectors.local import files
from connectors.local.folder import Folder, LocalJob
from dssr.record import OutputPart


def part(folder: Folder, job: LocalJob, offset: int, limit: int) -> OutputPart:
    """At most ``limit`` bytes from ``offset`` on. Of a job that was cleaned only the end is there,
    so the part may begin later."""
    has_ended = folder.record() is not None  # first, so that what is read then is all of it
    try:
        if folder.cleaned() is None:
            return _part(Path(job.output), 0, offset, limit, has_ended)
    except FileNotFoundError:  # cleaned at this moment, or removed by another program
        if folder.cleaned() is None:
            return OutputPart(b"", offset, 0, has_ended)
    kept = files.read_json(folder.path / "answer")
    tail = folder.path / "tail"
    return _part(tail, kept["size"] - tail.stat().st_size, offset, limit, has_ended)


def size(folder: Folder, job: LocalJob) -> int:
    """The bytes of the whole output so far."""
    return part(folder, job, 0, 0).size


def _part(path: Path, before: int, offset: int, limit: int, has_ended: bool) -> OutputPart:
    """``before``: bytes of the output that come before the file's first."""
    with path.open("rb") as file:
        whole = before + os.fstat(file.fileno()).st_size
        first = max(offset, before)
        data = os.pread(file.fileno(), limit, first - before)
    return OutputPart(data, first, max(whole, first + len(data) if data else 0), has_ended)
