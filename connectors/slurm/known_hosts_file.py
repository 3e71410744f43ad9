"""Whether the file of JARVICE_SLURM_SSH_KNOWN_HOSTS can be used, asked before the bridge starts."""

import os
from collections.abc import Iterator
from pathlib import Path

from connectors.transports.known_hosts import KnownHosts

_SETTING = "JARVICE_SLURM_SSH_KNOWN_HOSTS"


def unusable(path: str) -> Iterator[str]:
    """A sentence where no host key can be taken from the file, with the cure."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        yield (
            f"{_SETTING} is {path}, which cannot be read ({error.strerror}), so no host would be "
            "trusted: `dssr hostkey` prints the lines for it."
        )
        return
    if not any(line.marker == "" for line in KnownHosts.read(text).lines):
        yield (
            f"{_SETTING} is {path}, in which no line names a host and its key, so no host would be "
            "trusted: `dssr hostkey` prints the lines for it."
        )


def unusable_for_learning(path: str) -> Iterator[str]:
    """A sentence where host keys cannot be read from the file or written to it.

    The file need not exist yet. Its directory must be writable: the file is replaced as a whole,
    and its lock is beside it.
    """
    directory = os.path.dirname(os.path.realpath(path))
    try:
        Path(path).read_bytes()
    except FileNotFoundError:
        pass
    except OSError as error:
        yield f"{_SETTING} is {path}, which cannot be read ({error.strerror}): name another file."
        return
    if not os.path.isdir(directory):
        yield f"{_SETTING} is {path}, but there is no directory {directory}: make it."
    elif not os.access(directory, os.W_OK | os.X_OK):
        yield (
            f"{_SETTING} is {path}, and the bridge may not write into {directory}, where it writes "
            "the host keys that it trusts on first use: choose a directory of the bridge's user."
        )
