"""The files of a directory of this machine that are copied through a bridge."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from dssr.client.errors import BadRequest
from dssr.client.files import is_withheld

Local = tuple[Path, str]  # a file of this machine, and its path where it is copied to


@dataclass(frozen=True)
class LocalFiles:
    """``left_out``: what is not copied, each with the reason."""

    files: Sequence[Local]
    left_out: Sequence[str]

    @property
    def withheld(self) -> Sequence[str]:
        """Those that no bridge takes: by their names, they are keys or hold credentials."""
        return [str(path) for path, to in self.files if is_withheld(to)]


def files_below(directory: Path) -> LocalFiles:
    """The files in a directory and below it. Links to files are followed.

    Raises ``BadRequest`` for a link that leads to nothing, and ``OSError`` for a directory that
    cannot be read.
    """
    found, left_out = [], []
    for place, directories, names in os.walk(directory, onerror=_fail):
        directories.sort()
        if not directories and not names:
            left_out.append(f"{place} (an empty directory)")
        links = (Path(place, name) for name in directories if os.path.islink(Path(place, name)))
        left_out += [f"{path} (a link to a directory)" for path in links]
        for path in (Path(place, name) for name in sorted(names)):
            if path.is_file():
                found.append((path, path.relative_to(directory).as_posix()))
            elif path.is_symlink() and not path.exists():
                raise BadRequest(f"{path} is a link that leads to nothing.")
            else:
                left_out.append(f"{path} (neither a file nor a directory)")
    return LocalFiles(found, left_out)


def _fail(error: OSError) -> NoReturn:
    raise error
