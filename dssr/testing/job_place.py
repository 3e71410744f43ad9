"""The files of a job, as the suite for connectors that serve them uses them."""

from dataclasses import dataclass
from typing import Any

import pytest

from dssr.errors import Denied
from dssr.job import JobRef
from dssr.seams import PART, FileEntry, ServesFiles, Upload
from dssr.testing.harness import ListingHarness


@dataclass
class JobPlace:
    """The files of a job that has ended: through the connector, and where they are."""

    harness: ListingHarness
    ref: JobRef
    directory: str

    @property
    def files(self) -> ServesFiles:
        """The connector."""
        assert isinstance(self.harness.connector, ServesFiles)
        return self.harness.connector

    def sh(self, script: str, *words: str) -> str:
        """Run a shell script in the job's directory."""
        return self.harness.sh(f'cd "$1" && shift && {script}', self.directory, *words)

    def listed(self, path: str = "") -> list[FileEntry]:
        """What is served of a directory."""
        return [each for each in self.files.list_files(self.ref, path) if not each.withheld]

    def names(self, path: str = "") -> list[str]:
        """The paths of what is served of a directory."""
        return [entry.path for entry in self.listed(path)]

    def file(self, path: str) -> FileEntry:
        """One file."""
        return self.files.file(self.ref, path)

    def read(self, path: str, offset: int = 0, limit: int = PART) -> bytes:
        """A part of a file as it is now."""
        version = self.file(path).version
        return self.read_version(path, version, offset, limit)

    def read_version(self, path: str, version: str, offset: int = 0, limit: int = PART) -> bytes:
        """The same of that version."""
        read = bytearray()

        def take(at: int, data: bytes) -> None:
            read[at:] = data

        self.files.read_file(self.ref, path, version, offset, limit, take)
        return bytes(read)

    def write(
        self, path: str, data: bytes, offset: int = 0, total: int | None = None, **more: Any
    ) -> FileEntry:
        """Write a part, or a whole file. ``more``: of ``Upload``."""
        total = len(data) if total is None else total
        upload = Upload(path, offset, len(data), total, **{"overwrite": True} | more)
        return self.files.write_file(self.ref, upload, data)

    def arrived(self, path: str, uploader: str = "") -> int | None:
        """How many bytes of an unfinished file have arrived."""
        return self.files.arrived(self.ref, path, uploader)

    def is_denied(self, path: str) -> None:
        """Assert that nothing is listed, read or written there."""
        for attempt in (self.names, self.file, lambda path: self.write(path, b"mine")):
            with pytest.raises(Denied, match=r"is not (served|written)"):
                attempt(path)
