"""Copies of files to a job and from it, with a bar on a terminal."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import click

from dssr.cli import terminal
from dssr.cli.failure import Failure
from dssr.cli.printable import printable, shortened
from dssr.cli.remote_files import find
from dssr.client.download import Progress
from dssr.client.job import Job

_LABEL = 24  # columns
Local = tuple[Path, str]  # a file of this machine, and its path in the job's directory


def files_in(directory: Path, to: PurePosixPath) -> list[Local]:
    """The files in a directory of this machine and below it, and where they go.

    Links to files are followed, and links to directories are not.
    """
    found = []
    for place, directories, names in os.walk(directory):
        directories.sort()
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file():
                found.append((path, str(to / path.relative_to(directory).as_posix())))
    return found


def upload(
    job: Job, files: Sequence[Local], *, overwrite: bool = True, resume: bool = False
) -> None:
    """Copy files to the job's working directory."""
    with _bar("upload", sum(path.stat().st_size for path, _ in files)) as progress:
        for path, to in files:
            job.files.upload(path, to, overwrite=overwrite, resume=resume, progress=progress(to))


def fetch(job: Job, patterns: Sequence[str], to: Path) -> list[Path]:
    """Copy the files that the patterns name below a directory of this machine. Returns where."""
    files = find(job.files, patterns)
    goals = [_goal(to, file["path"]) for file in files]
    with _bar("download", sum(file["size_bytes"] for file in files)) as progress:
        for file, goal in zip(files, goals, strict=True):
            goal.parent.mkdir(parents=True, exist_ok=True)
            job.files.download(file["path"], goal, progress(file["path"]))
    return goals


def _goal(to: Path, path: str) -> Path:
    """Where a file goes; a bridge cannot make it a place outside of that directory."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or parts[0] == "/":
        raise Failure(f"the bridge names a file {printable(path)!r}, which is not below the job's.")
    return to.joinpath(*parts)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[str], Progress]]:
    """A bar of all bytes together. What it yields makes, for a file, the function that is called
    with its bytes that are done."""
    with click.progressbar(
        length=total,
        label=f"{what:<{_LABEL}}",
        file=sys.stderr,
        hidden=not terminal.shows_progress(),
    ) as bar:

        def of_file(name: str) -> Progress:
            bar.label = f"{shortened(printable(name), _LABEL):<{_LABEL}}"
            done = 0

            def report(now: int, _total: int | None) -> None:
                nonlocal done
                bar.update(now - done)
                done = now

            return report

        yield of_file
