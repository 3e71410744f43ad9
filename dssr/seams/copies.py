"""Copies of whole directories of this machine to the cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

CopyProgress = Callable[[int, int], None]  # bytes that are done, of how many


@runtime_checkable
class CopiesDirectories(Protocol):
    """A connector that copies directories."""

    def copy_directory(self, local: Path, to: str, progress: CopyProgress, owner: str = "") -> str:
        """Bring a directory of the cluster up to date with one of this machine.

        Only files that differ are sent, with their modes and times; nothing is removed there.
        Links are copied as links. ``to``: absolute, or below the user's home directory; it is made.
        Returns its absolute path. Raises ``Unwritable`` with the system's words.
        """
        ...
