"""Copies of files to a job and from it, with a bar on a terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import click

from dssr.cli import terminal
from dssr.cli.exits import REFUSED
from dssr.cli.failure import Failure
from dssr.cli.printable import printable, shortened
from dssr.cli.remote_files import find
from dssr.client.download import Progress
from dssr.client.errors import BadRequest
from dssr.client.files import is_withheld
from dssr.client.job import Job
from dssr.client.local_files import Local, files_below

_LABEL = 24  # columns
_MOST_LISTED = 5  # names in a sentence


def files_in(directory: Path, to: PurePosixPath) -> list[Local]:
    """The files in a directory of this machine and below it, and where they go.

    Links to files are followed. What is left out, as links to directories are, is said on stderr.
    Raises ``Failure`` for a link that leads to nothing, and ``OSError`` for a directory that cannot
    be read.
    """
    try:
        below = files_below(directory)
    except BadRequest as error:
        raise Failure(printable(str(error))) from error
    found = [(path, str(to / name)) for path, name in below.files]
    refuse_withheld(found)
    if below.left_out:
        click.echo(f"Left out: {_listed(below.left_out)}.", err=True)
    return found


def refuse_withheld(files: Sequence[Local]) -> None:
    """Raise ``Failure`` where no bridge takes one of the files."""
    if withheld := [str(path) for path, to in files if is_withheld(to)]:
        raise Failure(
            f"{_listed(withheld)}: files with the names of keys and credentials are never copied.",
            REFUSED,
            cure="Leave them out, or give them other names.",
        )


def _listed(words: Sequence[str]) -> str:
    """The first few words, and how many more there are."""
    more = f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else ""
    return ", ".join(map(printable, words[:_MOST_LISTED])) + more


def upload(
    job: Job, files: Sequence[Local], *, overwrite: bool = True, resume: bool = False
) -> None:
    """Copy files to the job's working directory."""
    with _bar("upload", sum(path.stat().st_size for path, _ in files)) as progress:
        for path, to in files:
            job.files.upload(path, to, overwrite=overwrite, resume=resume, progress=progress(to))


def fetch(job: Job, patterns: Sequence[str], to: Path, *, overwrite: bool = False) -> list[Path]:
    """Copy the files that the patterns name below a directory of this machine. Returns where.

    Raises ``FileExistsError`` where a file is there already that differs; then none is copied.
    """
    files = find(job.files, patterns)
    goals = [_goal(to, file["path"]) for file in files]
    there_first = sorted(zip(files, goals, strict=True), key=lambda pair: not pair[1].exists())
    with _bar("download", sum(file["size_bytes"] for file in files)) as progress:
        for file, goal in there_first:
            if not goal.parent.exists():
                goal.parent.mkdir(parents=True, exist_ok=True)
            job.files.download(file["path"], goal, progress(file["path"]), overwrite=overwrite)
    return goals


@contextmanager
def replacing_nothing(cure: str) -> Iterator[None]:
    """A file of this machine that differs from the job's is an error with that cure."""
    try:
        yield
    except FileExistsError as error:
        found = printable(str(error.filename))
        raise Failure(
            f"nothing was copied: {found} is there already, and differs from the job's.", cure=cure
        ) from error


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
