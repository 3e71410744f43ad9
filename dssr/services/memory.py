"""What this machine remembers of the services that it has led to: the port and the directory of
each."""

import contextlib
import json
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Remembered:
    """``port``: of the last front; 0: none yet. ``directory``: the parent of the service's folder
    on the cluster; '': the caller's own. ``owner``: the local user whose it is; '': the bridge's
    own, or this program's. ``is_ended``: it was asked to end, and is not held any more.
    ``is_purged``: its folder is removed once it has ended."""

    port: int = 0
    directory: str = ""
    owner: str = ""
    is_ended: bool = False
    is_purged: bool = False


class Memory:
    """Files below a directory of this user's, one for each service of one cluster. What cannot be
    written is not remembered, and what cannot be read is not known."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._changing = threading.Lock()

    def get(self, name: str) -> Remembered:
        """What is known of a service."""
        try:
            found = json.loads(self._path(name).read_bytes())
            return Remembered(
                int(found["port"]),
                str(found["directory"]),
                str(found.get("owner", "")),
                bool(found.get("is_ended", False)),
                bool(found.get("is_purged", False)),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return Remembered()

    def put(self, name: str, what: Remembered) -> None:
        """Remember it."""
        with self._changing, contextlib.suppress(OSError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, fresh = tempfile.mkstemp(dir=self._directory)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(what), file)
            os.replace(fresh, self._path(name))

    def names(self) -> list[str]:
        """The services of which something is known."""
        with contextlib.suppress(OSError):
            return sorted(path.stem for path in self._directory.glob("*.json"))
        return []

    def forget(self, name: str) -> None:
        """Know nothing of a service any more."""
        with contextlib.suppress(OSError):
            self._path(name).unlink()

    def forget_purged(self, name: str) -> None:
        """Know nothing any more of a service that was removed, unless it has been started again."""
        with self._changing:
            if self.get(name).is_purged:
                self.forget(name)

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"


def state_directory(environ: Mapping[str, str]) -> Path:
    """Where this user's programs keep what they remember of services."""
    home = environ.get("HOME") or str(Path.home())
    parent = environ.get("XDG_STATE_HOME") or Path(home) / ".local/state"
    return Path(parent) / "dssr" / "services"


def runtime_directory(environ: Mapping[str, str]) -> Path:
    """Where this user's processes meet: local, and with room for the paths of sockets."""
    with contextlib.suppress(OSError):
        if (own := environ.get("XDG_RUNTIME_DIR")) and os.stat(own).st_uid == os.getuid():
            return Path(own) / "dssr"
    return Path(environ.get("TMPDIR") or "/tmp") / f"dssr-{os.getuid()}"  # noqa: S108
