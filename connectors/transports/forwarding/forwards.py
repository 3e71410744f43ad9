"""Forwards of OpenSSH: one master process at a time, and a Unix socket for each port."""

import itertools
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.transports.forwarding.agent import Agent
from connectors.transports.forwarding.master import Master
from connectors.transports.forwarding.words import Forward, ForwardSettings
from connectors.transports.keys import private_key
from dssr.errors import BadRequest, SettingsError

_LONGEST_PATH = 80  # bytes: of 108 for a Unix socket, ssh adds 17 while it makes one


class OpenSshForwards:
    """See ``dssr.seams.Forwards``. Connects when the first forward is opened."""

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        """Raises ``SettingsError``."""
        self._settings, self._folder = ForwardSettings.parse(settings), folder
        if len(str(folder).encode()) > _LONGEST_PATH:
            raise SettingsError([f"The path {folder} is too long for a socket: use a shorter one."])
        agent, keys = folder / "agent", [private_key(key) for key in self._settings.keys]
        self._agent, self._agent_path = Agent(agent, keys) if keys else None, agent
        self._lock = threading.Lock()
        self._paths: dict[tuple[str, int], Path] = {}
        self._numbers = itertools.count(1)
        self._master: Master | None = None

    def open(self, host: str, port: int) -> Path:
        """See ``Forwards``."""
        if not host or host.startswith("-") or any(sign in host for sign in "/[] \t\n"):
            raise BadRequest(f"{host!r} is no name or address of a host.")
        with self._lock:
            if found := self._paths.get((host, port)):
                return found
            if self._master is None:
                self._master = Master(self._settings, self._folder, self._agent_path)
            path = self._folder / f"f{next(self._numbers)}"
            self._master.add(Forward(host, port, str(path)))
            self._paths[host, port] = path
        return path

    def close(self, host: str, port: int) -> None:
        """See ``Forwards``."""
        with self._lock:
            if self._paths.pop((host, port), None) and self._master:
                self._master.remove(host, port)

    def refusal(self, since: float) -> str:
        """See ``Forwards``."""
        return self._master.refusal(since) if self._master else ""

    def status(self) -> Mapping[str, Any]:
        """See ``Forwards``."""
        return self._master.status() if self._master else {"connected": False}

    def stop(self) -> None:
        """See ``Forwards``. Removes the folder."""
        if self._master:
            self._master.stop()
        if self._agent:
            self._agent.close()
        shutil.rmtree(self._folder, ignore_errors=True)


plugin = OpenSshForwards
