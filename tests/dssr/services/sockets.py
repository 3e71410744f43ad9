"""Forwards for tests: a port leads to the socket of that name in a directory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Sockets:
    """See ``dssr.seams.Forwards``."""

    def __init__(self, settings: Mapping[str, Any], _folder: Path) -> None:
        self._directory = Path(settings["directory"])

    def open(self, _host: str, port: int) -> Path:
        """The socket."""
        return self._directory / str(port)

    def close(self, host: str, port: int) -> None:
        """Nothing is to be closed."""

    def refusal(self, since: float) -> str:
        """Nothing is refused."""
        return ""

    def status(self) -> Mapping[str, Any]:
        """It is always there."""
        return {"connected": True}

    def stop(self) -> None:
        """Nothing is to be stopped."""


plugin = Sockets
