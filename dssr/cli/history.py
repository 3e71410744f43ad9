"""The jobs that this user has submitted from this machine: what ``-`` means."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_MOST = 200  # lines that are kept
_FORM = "{target}\t{job}\n"


def path(environ: Mapping[str, str]) -> Path:
    """The file. It has a line for each job: where it was submitted to, and its id."""
    home = environ.get("HOME") or str(Path.home())
    return Path(environ.get("XDG_STATE_HOME") or Path(home) / ".local/state") / "dssr" / "history"


def add(environ: Mapping[str, str], target: str, job: str) -> None:
    """Note a job. What cannot be written is not noted: the job is submitted all the same."""
    file = path(environ)
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(file.with_name(f"{file.name}.lock")):
            lines = [*_lines(file)[1 - _MOST :], _FORM.format(target=target, job=job)]
            descriptor, new = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
            with open(descriptor, "w", encoding="utf-8") as written:
                written.writelines(lines)
            os.replace(new, file)


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """While no other process notes a job. Not every file system has locks: without one, two
    processes at the same moment may lose a line."""
    with file.open("a") as lock:
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def last(environ: Mapping[str, str]) -> tuple[str, str]:
    """The last job: where it was submitted to, and its id; empty where there is none."""
    target, _, job = "".join(_lines(path(environ))[-1:]).rstrip("\n").partition("\t")
    return target, job


def jobs_of(environ: Mapping[str, str], target: str) -> list[str]:
    """The jobs that were submitted there, the newest first."""
    pairs = (line.rstrip("\n").partition("\t") for line in reversed(_lines(path(environ))))
    return [job for where, _, job in pairs if where == target]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError):
        return []
