"""The files of a job that patterns such as ``out/*.csv`` name."""

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import click

from dssr.cli import terminal
from dssr.cli.failure import Failure
from dssr.cli.printable import printable
from dssr.client.documents import File
from dssr.client.files import Files

_WILD = frozenset("*?[")


def find(files: Files, patterns: Sequence[str]) -> list[File]:
    """The files that any of the patterns names, each once; of a directory, all that are in it.

    ``*`` does not match a ``/``. Raises ``Failure`` for a pattern that names none.
    """
    found: dict[str, File] = {}
    for pattern in patterns:
        named = {file["path"]: file for file in _matching(files, pattern)}
        if not named:
            raise _nothing(pattern)
        found |= named
    return list(found.values())


def _nothing(pattern: str) -> Failure:
    """The error for a pattern that names no file. One that is not quoted comes as what the shell
    has made of it."""
    if not PurePosixPath(pattern).parts:
        return Failure("the job has no files.")
    quotes = "" if _WILD.intersection(pattern) else " Put a pattern in quotes."
    return Failure(
        f"the job has no file {printable(pattern)!r}.",
        cure=f"'dssr files' lists its files.{quotes}",
    )


def print_path(path: str) -> None:
    """Print a path on a line: harmless on a terminal, else with the bytes that it has."""
    click.echo(printable(path) if terminal.is_terminal() else os.fsencode(path))


def below(files: Files, directory: str = "") -> Iterator[File]:
    """All files in a directory and in those below it."""
    for entry in files.list(directory):
        if entry["is_directory"]:
            yield from below(files, entry["path"])
        else:
            yield entry


def _matching(files: Files, pattern: str) -> Iterator[File]:
    parts = PurePosixPath(pattern).parts
    return _descend(files, "", parts) if parts else below(files)


def _descend(files: Files, directory: str, parts: Sequence[str]) -> Iterator[File]:
    first, *rest = parts
    if rest and not _WILD.intersection(first):
        yield from _descend(files, f"{directory}/{first}".lstrip("/"), rest)
        return
    for entry in files.list(directory):
        name = PurePosixPath(entry["path"]).name
        if not (name == first or fnmatchcase(name, first)):
            continue
        if not entry["is_directory"]:
            if not rest:
                yield entry
        elif rest:
            yield from _descend(files, entry["path"], rest)
        else:
            yield from below(files, entry["path"])
