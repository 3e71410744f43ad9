"""The output of jobs from any byte on."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.local import files
from connectors.local.folder import Folder, LocalJob
from dssr.record import OutputPart


def part(folder: Folder, job: LocalJob, offset: int, limit: int) -> OutputPart:
    """At most ``limit`` bytes from ``offset`` on. Of a job that was cleaned only the end is there,
    so the part may begin later."""
    has_ended = folder.record() is not None  # first, so that what is read then is all of it
    with _opened(Path(job.output)) as output:
        if folder.cleaned() is None:  # what was opened before that is no other job's
            return _part(output, 0, offset, limit, has_ended)
    kept = files.read_json(folder.path / "answer")
    with _opened(folder.path / "tail") as tail:
        return _part(tail, kept["size"] - os.fstat(tail).st_size, offset, limit, has_ended)


def size(folder: Folder, job: LocalJob) -> int:
    """The bytes of the whole output so far."""
    return part(folder, job, 0, 0).size


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """The file's descriptor; that of an empty file where it cannot be read, as when the job has
    removed it. A job may have made a pipe of it: that does not block."""
    flags = os.O_RDONLY | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            descriptor = os.open(os.devnull, flags)
    except OSError:
        descriptor = os.open(os.devnull, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _part(file: int, before: int, offset: int, limit: int, has_ended: bool) -> OutputPart:
    """``before``: bytes of the output that come before the file's first."""
    whole = before + os.fstat(file).st_size
    first = max(offset, before)
    data = os.pread(file, limit, first - before)
    end = first + len(data)
    size = max(whole, end) if data else whole
    return OutputPart(data, first, size, is_complete=has_ended and end >= size)
