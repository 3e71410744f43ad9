"""Forwards of OpenSSH: one master process at a time, and a Unix socket for each port."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.transports.forwarding.agent import Agent
from connectors.transports.forwarding.master import Master
from connectors.transports.forwarding.sockets import SocketForwards, checked
from connectors.transports.forwarding.words import ForwardSettings
from connectors.transports.keys import private_key


class OpenSshForwards(SocketForwards):
    """See ``dssr.seams.Forwards``."""

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        """Raises ``SettingsError``."""
        found, agent = ForwardSettings.parse(settings), checked(folder) / "agent"
        keys = [private_key(key) for key in dict.fromkeys((*found.keys, *found.jump_keys))]
        self._agent = Agent(agent, keys) if keys else None
        super().__init__(folder, Master(found, folder, agent))

    def stop(self) -> None:
        """See ``Forwards``. Removes the folder."""
        super().stop()
        if self._agent:
            self._agent.close()


plugin = OpenSshForwards
