"""Forwards as Unix sockets in one folder, each at its own path for as long as it is wanted."""

import itertools
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.transports.forwarding.keeper import Keeper
from connectors.transports.forwarding.words import Forward
from dssr.errors import BadRequest, SettingsError

_LONGEST_PATH = 80  # bytes: of 108 for a Unix socket, ssh adds 17 while it makes one


class SocketForwards:
    """See ``dssr.seams.Forwards``. Connects at once, so that the first forward does not wait."""

    def __init__(self, folder: Path, keeper: Keeper) -> None:
        self._folder, self._keeper = folder, keeper
        self._lock = threading.Lock()
        self._paths: dict[tuple[str, int], Path] = {}
        self._numbers = itertools.count(1)

    def open(self, host: str, port: int) -> Path:
        """See ``Forwards``."""
        if not host or host.startswith("-") or any(sign in host for sign in "/[] \t\n"):
            raise BadRequest(f"{host!r} is no name or address of a host.")
        with self._lock:
            if found := self._paths.get((host, port)):
                return found
            path = self._folder / f"f{next(self._numbers)}"
            self._keeper.add(Forward(host, port, str(path)))
            self._paths[host, port] = path
        return path

    def close(self, host: str, port: int) -> None:
        """See ``Forwards``."""
        with self._lock:
            if self._paths.pop((host, port), None):
                self._keeper.remove(host, port)

    def refusal(self, since: float) -> str:
        """See ``Forwards``."""
        return self._keeper.refusal(since)

    def status(self) -> Mapping[str, Any]:
        """See ``Forwards``."""
        return self._keeper.status()

    def stop(self) -> None:
        """See ``Forwards``. Removes the folder."""
        self._keeper.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def checked(folder: Path) -> Path:
    """The folder. Raises ``SettingsError`` for one in which no socket can be made."""
    if len(str(folder).encode()) > _LONGEST_PATH:
        raise SettingsError([f"The path {folder} is too long for a socket: use a shorter one."])
    return folder
