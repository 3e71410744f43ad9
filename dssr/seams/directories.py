"""Directories of the cluster, as ``/request/pvcls`` lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class DirectoryEntry:
    """One line of a directory listing."""

    path: str  # absolute, no '/' at the end
    is_directory: bool
    size: int  # bytes
    modified: int  # seconds since the epoch


@runtime_checkable
class ListsDirectories(Protocol):
    """A connector that can list a directory of the cluster (``/request/pvcls``)."""

    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """The directory itself first, then its directories, then its files.

        Symbolic links are left out. ``Denied``: the path, its links followed, leads out of
        JARVICE_PVCLS_ROOTS. ``NotFound``: there is nothing to list, with the reason.
        """
        ...
