"""One file of a job, copied to this machine over as many connections as it takes."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

import requests

from dssr.client import answers
from dssr.client.errors import ClientError, Conflict, Unreachable
from dssr.client.goal import place, refuse_size
from dssr.client.session import Session

_PAUSE = 1.0  # seconds before a transfer that broke goes on
_BEHIND_THE_END = 416
Progress = Callable[[int, int | None], None]


class Download:
    """What has arrived is beside the file's place until it is complete. The name of that part has
    the tag of the file on the cluster, so that parts of two files are not mixed."""

    def __init__(
        self, session: Session, url: str, goal: Path, overwrite: bool, progress: Progress
    ) -> None:
        self._session, self._url, self._goal = session, url, goal
        self._overwrite, self._progress = overwrite, progress

    def run(self) -> None:
        """Copy the file, over as many connections as it takes."""
        moved = time.monotonic()
        while True:
            kept = self._kept()
            size = kept.stat().st_size if kept else 0
            try:
                if self._attempt(kept, size):
                    return
            except Unreachable as error:
                now = self._kept()
                if now and now.stat().st_size > (size if now == kept else 0):
                    moved = time.monotonic()
                self._session.pause(error, _PAUSE, moved)

    def _attempt(self, kept: Path | None, size: int) -> bool:
        """Copy what is missing. False: another process has completed or shortened the part that is
        to be continued."""
        headers = {}
        if kept and size:
            headers = {"Range": f"bytes={size}-", "If-Range": f'"{_tag_in(kept)}"'}
        try:
            response = self._session.call("GET", self._url, headers=headers, stream=True)
        except ClientError as error:
            if kept is None or error.status != _BEHIND_THE_END:
                raise
            self._remove(kept)  # all of it is there, and perhaps more
            response, size = self._session.call("GET", self._url, stream=True), 0
        is_continued = response.status_code == requests.codes.partial_content
        part = self._part(response.headers.get("ETag", ""))
        size = size if is_continued else 0
        total = answers.length(response, size)
        with response, ExitStack() as opened:
            if not self._overwrite:
                refuse_size(self._goal, total)
            if kept and kept != part:
                self._remove(kept)
            file = opened.enter_context(part.open("ab"))
            self._lock(file)
            if not _is_at(file, part, size):
                return False
            file.truncate(size)
            copy(response, file, size, total, self._progress)
            file.flush()
            place(part, self._goal, overwrite=self._overwrite)
        return True

    def _lock(self, file: BinaryIO) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"Another process is downloading {self._goal} just now.") from error

    def _remove(self, part: Path) -> None:
        """Remove what an earlier attempt has left, unless another process is writing to it."""
        with suppress(FileNotFoundError), part.open("r+b") as file:
            self._lock(file)
            if _is_at(file, part, 0):
                part.unlink()

    def _kept(self) -> Path | None:
        """What an earlier attempt has left; its name has the tag of the file that it is from."""
        return next(self._goal.parent.glob(f"{self._hidden}.*.part"), None)

    def _part(self, tag: str) -> Path:
        plain = "".join(c for c in tag if c.isascii() and c.isalnum()) or "untagged"
        return self._goal.with_name(f"{self._hidden}.{plain}.part")

    @property
    def _hidden(self) -> str:
        """What the name of a part begins with; the file's own may be as long as names can be."""
        return f".dssr-{hashlib.sha256(os.fsencode(self._goal.name)).hexdigest()[:16]}"


def copy(
    response: requests.Response,
    file: BinaryIO,
    at: int,
    total: int | None,
    progress: Progress,
) -> None:
    """Write the body of a response, which begins at byte ``at`` of ``total``."""
    progress(at, total)
    for piece in answers.pieces(response):
        file.write(piece)
        at += len(piece)
        progress(at, total)


def _tag_in(part: Path) -> str:
    return part.name.removesuffix(".part").rpartition(".")[2]


def _is_at(file: BinaryIO, part: Path, size: int) -> bool:
    """Whether an open file has still that name, and so many bytes at least."""
    found = os.fstat(file.fileno())
    try:
        return os.path.samestat(found, part.stat()) and found.st_size >= size
    except FileNotFoundError:
        return False
