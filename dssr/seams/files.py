"""Files of jobs on the cluster, below the directories that the bridge may serve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dssr.job import JobRef
from dssr.seams.transport import Sink

# Names that are never served and never written, of files and directories at any depth: keys, and
# what the bridge keeps unfinished files under. They are patterns of the shell.
SECRET = (
    *(".ssh", ".gnupg", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*"),
    *(".netrc", ".pgpass", ".git-credentials", ".aws", ".kube", ".docker", "docker-config.json"),
    *("*.[pP][eE][mM]", "*.[kK][eE][yY]", "*.[pP][pP][kK]", "*.[pP]12", "*.[pP][fF][xX]"),
    ".dssr-upload.*",
)
PART = 8 << 20  # bytes that are read or written at a time: memory does not grow with the file


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file or directory. ``path``: relative to the job's working directory, no '/' at the end."""

    path: str  # bytes that are not UTF-8 are lone surrogates (PEP 383)
    is_directory: bool
    size: int  # bytes
    modified: float  # seconds since the epoch
    version: str = ""  # changes when the file is replaced or written to
    identity: str = ""  # of the file itself, by whatever path and link it was reached
    withheld: str = ""  # why it is not served, as words behind its path; empty: it is


@dataclass(frozen=True, slots=True)
class Upload:
    """A part of a file of ``total`` bytes, from byte ``offset`` on.

    ``uploader``: who sends it, in which of their uploads. Parts of two of them are never mixed,
    whatever the file is called.
    ``follows``: the part before it is being written at this moment: both may be written at once,
    and this one has arrived once that one has.
    ``is_program``: the file can be run once it is complete.
    """

    path: str
    offset: int
    size: int
    total: int
    overwrite: bool  # whether a file that is there already may be replaced
    uploader: str = ""
    follows: bool = False
    is_program: bool = False


@runtime_checkable
class ServesFiles(Protocol):
    """A connector that lists, reads and writes the files of a job, as the job's owner.

    A path is relative to the job's working directory. Its symbolic links are followed on the
    cluster, and what was opened must be below that directory or below JARVICE_PVCLS_ROOTS, and be a
    regular file or a directory. ``Denied`` otherwise, without a word about what is there. Files are
    written below the working directory alone.
    ``NotFound``: no such job, file or directory, with the reason.
    """

    def list_files(self, ref: JobRef, path: str) -> Sequence[FileEntry]:
        """The entries of a directory: directories first, then files, each by name. What is there
        and is not served is among them, with the reason."""
        ...

    def file(self, ref: JobRef, path: str) -> FileEntry:
        """One file."""
        ...

    def read_file(
        self, ref: JobRef, path: str, version: str, offset: int, limit: int, sink: Sink
    ) -> None:
        """Read at most ``limit`` bytes (``PART`` at most) from that byte on; none at the end.
        ``sink`` takes them as they arrive; they are the file's once this has returned.

        ``Conflict``: the file's version is another by now. A file that has only grown since is
        read up to the size that it had.
        """
        ...

    def write_file(self, ref: JobRef, upload: Upload, data: bytes) -> FileEntry:
        """Write a part of a file (``PART`` bytes at most).

        Parts arrive in order; they are kept under a temporary name, and the last one gives the file
        its name. The same part again is harmless. Returns the file as far as it has arrived.
        ``Conflict``: the offset is not where the last part ended, or the file is there and may not
        be replaced. ``NoSpace``, ``Unwritable``: the system's words; the parts before stay.
        """
        ...

    def arrived(self, ref: JobRef, path: str, uploader: str) -> int | None:
        """How many bytes of an unfinished file have arrived from that uploader; ``None`` where
        there is none."""
        ...
