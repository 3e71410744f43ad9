"""One file of this machine, copied to a job in parts."""

import hashlib
import os
import stat
import time
from typing import BinaryIO

import requests

from dssr.client.download import Progress
from dssr.client.errors import Conflict, NotFound, Unavailable
from dssr.client.session import Body, Session

PART = 8 * 1024 * 1024  # bytes that one request may carry
_PAUSE = 1.0  # seconds before a transfer that broke goes on


class Upload:
    """A part whose response is lost is sent again, unless the bridge has it already.

    The upload's id is made of the file's size, time of change and inode: another program continues
    an upload of the same file, and parts of two files are not mixed.
    """

    def __init__(
        self, session: Session, url: str, file: BinaryIO, overwrite: bool, progress: Progress
    ) -> None:
        self._session, self._url, self._file, self._progress = session, url, file, progress
        self._facts = _facts(file)
        self._total = self._facts[0]
        self._id = {"Dssr-Upload-Id": hashlib.sha256(repr(self._facts).encode()).hexdigest()[:32]}
        self._headers = {"Content-Type": "application/octet-stream"} | self._id
        if os.fstat(file.fileno()).st_mode & stat.S_IXUSR:
            self._headers["Dssr-Executable"] = "?1"
        if not overwrite:
            self._headers["If-None-Match"] = "*"

    def arrived(self) -> int:
        """How much of an unfinished upload is there; 0 for a file that is complete."""
        arrived = self._look()
        return arrived if arrived is not None and arrived < self._total else 0

    def run(self, at: int) -> None:
        """Send what is missing from that byte on."""
        moved = time.monotonic()
        while True:
            try:
                self._send(at)
            except Unavailable as error:
                self._session.pause(error, error.retry_after_seconds or _PAUSE, moved)
                at = self._look_again(at)
            else:
                at, moved = min(at + PART, self._total), time.monotonic()
            self._progress(at, self._total)
            if at >= self._total:
                return

    def _send(self, at: int) -> None:
        self._file.seek(at)
        data = self._file.read(min(PART, self._total - at))
        if at + len(data) < min(at + PART, self._total) or _facts(self._file) != self._facts:
            raise Conflict(f"{self._file.name} changed while it was uploaded: upload it again.")
        headers = dict(self._headers)
        if len(data) < self._total:
            headers["Content-Range"] = f"bytes {at}-{at + len(data) - 1}/{self._total}"
        self._session.call("PUT", self._url, body=Body(data=data), headers=headers, repeat=False)

    def _look_again(self, at: int) -> int:
        """Where to go on when the response to the part at ``at`` was lost."""
        if not at:  # to send the first part twice does no harm
            return 0
        arrived = self._look()
        is_last = at + PART >= self._total
        return self._total if arrived is None and is_last else arrived or 0

    def _look(self) -> int | None:
        """How many bytes of an unfinished upload are there; ``None``: the file is complete."""
        try:
            answer = self._session.call("HEAD", self._url, headers=self._id)
        except NotFound:
            return 0
        if answer.status_code != requests.codes.no_content:
            return None
        return int(answer.headers.get("Upload-Offset", "0"))


def _facts(file: BinaryIO) -> tuple[int, int, int]:
    """What of an open file is another when its bytes are: its size first."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns, found.st_ino
