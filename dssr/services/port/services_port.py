"""The services port of one bridge: find its process, start it, and say which addresses it has."""

import contextlib
import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dssr.errors import SettingsError, Unavailable
from dssr.seams import Way
from dssr.services.front.lock import owner_of, private_folder
from dssr.services.port.configuration import JOBS, LOCK, NAME
from dssr.services.port.presence import Presence
from dssr.services.process import ProcessGone, order, start
from dssr.settings import Settings

_LABEL, _MODULE = "The services port", "dssr.services.port"
_STOP = 10.0  # seconds
RETURNS = 60.0  # seconds in which the next bridge begins
_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True)
class Running:
    """The process that has the port."""

    pid: int
    port: int
    control: Path
    mark: str

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> "Running":
        """From what it says of itself."""
        control, mark = Path(str(about["control"])), str(about["mark"])
        return cls(int(about["pid"]), int(about["port"]), control, mark)

    def order(self, do: str, **more: Any) -> dict[str, Any]:
        """What it answers. Raises ``ProcessGone``, ``ProcessRefused``."""
        return order(_LABEL, self.control, do, **more)


class ServicesPort:
    """One port for all services and interactive jobs of a bridge.

    ``folder``: local, no other user's, and of this bridge alone. ``way``: how interactive jobs are
    reached.
    """

    def __init__(self, folder: Path, settings: Settings, way: Callable[[], Way]) -> None:
        self.folder, self._settings, self._way = folder, settings, way
        self._starting = threading.Lock()
        self._presence: Presence | None = None

    def running(self) -> Running | None:
        """The process, if there is one."""
        about = owner_of(self.folder / LOCK)
        return Running.of(about) if about and "control" in about else None

    def get(self) -> Running:
        """The process: the one that runs, or a new one, also where the settings have changed since
        it began. Raises ``Unavailable`` with the cure."""
        with self._starting:
            try:
                how = self._configuration()
                private_folder(self.folder)
                self._presence = self._presence or Presence(self.folder)
                if found := self.running():
                    if found.mark == how["mark"]:
                        return found
                    self._stop(found)
                return Running.of(start(_LABEL, _MODULE, how, self.folder / f"{NAME}.log"))
            except SettingsError as error:
                raise Unavailable(" ".join(error.problems)) from error

    def resume(self) -> None:
        """Use the process that runs, and start it where there are doors of interactive jobs that it
        kept: after a reboot, say. Raises ``Unavailable``."""
        if self.running() or any((self.folder / JOBS).glob("*")):
            self.get()

    def leave(self) -> None:
        """Use it no more. The process and its fronts end, unless a bridge uses them soon: the next
        one goes on with all connections."""
        with self._starting:
            if self._presence is None:
                return
            self._presence.release()
            self._presence = None
            if found := self.running():
                with contextlib.suppress(ProcessGone):
                    found.order("leave", within=RETURNS)

    def address(self, name: str, port: int) -> str:
        """Where people reach a service or a job of that name."""
        domain = self._settings.jobs_domain
        if not domain:
            return f"http://{name}.localhost:{port}/"
        scheme, _, rest = domain.rpartition("://")
        return f"{scheme or 'https'}://{name}.{rest}/"

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains before which a service has its name."""
        own = self._settings.jobs_domain.rpartition("://")[2].partition(":")[0]
        return ("localhost", own) if own else ("localhost",)

    def _configuration(self) -> dict[str, Any]:
        way, bind = self._way(), self._settings.bind
        return {
            "folder": str(self.folder),
            "port": self._settings.services_port,
            "bind": _LOOPBACK if bind in ("", *_LOOPBACK, "localhost") else (bind,),
            "domains": self.domains,
            "forwards": way.plugin,
            "forward_settings": dict(way.settings),
            "mark": self._mark(),
        }

    def _mark(self) -> str:
        """Of the settings that the process depends on: those of the connector, and three of the
        core's. Bridges that share the process may differ in all others."""
        others = {one.name for one in fields(Settings)} - {"bind", "jobs_domain", "services_port"}
        given = {n: v for n, v in asdict(self._settings).items() if n not in others}
        return hashlib.sha256(repr(given).encode("utf-8", "surrogateescape")).hexdigest()

    def _stop(self, found: Running) -> None:
        """End a process that was started with other settings: what its fronts have goes on."""
        with contextlib.suppress(ProcessGone):
            found.order("stop", patience=_STOP)
        deadline = time.monotonic() + _STOP
        while (now := self.running()) and now.pid == found.pid:
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(found.pid, signal.SIGKILL)
            time.sleep(0.05)
