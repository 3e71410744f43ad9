"""A directory of a job's files as a zip archive, made while it is sent."""

import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO

from dssr.errors import DssrError, Unavailable
from dssr.job import JobRef
from dssr.jobs.parts import Part, PartReader
from dssr.seams import FileEntry, ServesFiles

MISSING = "NOT-IN-THIS-ARCHIVE.txt"
_EARLIEST, _LATEST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # that an archive can hold
_KIND = {True: 0o40755 << 16, False: 0o100644 << 16}  # of a directory, of a file


class _Sink:
    """A file that cannot be read or moved in; ``take`` empties it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        """Append."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data, self._pieces = b"".join(self._pieces), []
        return data


class Archive:
    """The archive of one directory. What is not served and what cannot be read is listed in the
    file ``MISSING`` in it."""

    def __init__(self, files: ServesFiles, reader: PartReader, ref: JobRef, path: str) -> None:
        """Raises what ``list_files`` raises for the directory."""
        self._files, self._reader, self._ref = files, reader, ref
        self._skipped = len(path) + 1 if path else 0
        self._missing: dict[str, str] = {}  # by path: what is wrong
        self._first = files.list_files(ref, path)
        # Of directories: links may lead to one that is in the archive already, or around it.
        self._seen = {files.file(ref, path).identity}
        self._sink = _Sink()

    def pieces(self) -> Iterator[bytes]:
        """The archive. Raises ``Unavailable`` where the cluster does not answer any more."""
        with zipfile.ZipFile(self._sink, "w", zipfile.ZIP_STORED) as archive:
            yield from self._members(archive)
            if self._missing:
                lines = (f"{path}: {reason}\n" for path, reason in self._missing.items())
                archive.writestr(MISSING, "".join(lines).encode("utf-8", "replace"))
        yield self._sink.take()

    def _members(self, archive: zipfile.ZipFile) -> Iterator[bytes]:
        with ExitStack() as opened:
            member: IO[bytes] | None = None
            for part, pieces in self._reader.ahead(self._ref, self._parts(self._first)):
                if part.file.path in self._missing:
                    continue
                if part.file.is_directory:
                    archive.writestr(self._info(part.file), b"")
                else:
                    for piece in self._readable(part, pieces):
                        member = member or opened.enter_context(
                            archive.open(self._info(part.file), "w")
                        )
                        member.write(piece)
                        yield self._sink.take()
                if part.is_last or part.file.path in self._missing:
                    opened.close()
                    member = None
                yield self._sink.take()

    def _readable(self, part: Part, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """What can be read of a part, one piece at least; that it is not all of it, is noted."""
        size = part.offset
        try:
            for piece in pieces:
                yield piece
                size += len(piece)
        except Unavailable:
            raise
        except DssrError as error:
            words = error.message
            if size:
                words = f"only its first {size} bytes are in the archive. {words}"
            self._missing[part.file.path] = words
        else:
            if not part.size:
                yield b""

    def _parts(self, entries: Sequence[FileEntry]) -> Iterator[Part]:
        """The parts of all files in these directories and below."""
        for entry in entries:
            if entry.withheld:
                self._missing[entry.path] = f"{entry.withheld}."
                continue
            if not entry.is_directory:
                for part in self._reader.split(entry, 0, entry.size):
                    if entry.path in self._missing:
                        break
                    yield part
                continue
            if entry.identity in self._seen:
                self._missing[entry.path] = "this is a link to a directory that is in the archive."
                continue
            self._seen.add(entry.identity)
            yield Part(entry, 0, 0)
            try:
                below = self._files.list_files(self._ref, entry.path)
            except Unavailable:
                raise
            except DssrError as error:
                self._missing[entry.path] = error.message
            else:
                yield from self._parts(below)

    def _info(self, file: FileEntry) -> zipfile.ZipInfo:
        name = file.path[self._skipped :].encode("utf-8", "surrogateescape")
        end = "/" if file.is_directory else ""
        when = max(_EARLIEST, min(time.gmtime(file.modified)[:6], _LATEST))
        info = zipfile.ZipInfo(name.decode("utf-8", "replace") + end, when)
        info.external_attr = _KIND[file.is_directory]
        info.file_size = file.size
        return info
