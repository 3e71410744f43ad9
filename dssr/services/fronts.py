"""The fronts of this machine that lead to the services of one cluster: start, find, order, stop.

A front is a process of its own (``dssr.services.front``). It outlives the process that started it,
and the next one that asks for it finds it by its lock file and takes it over.
"""

import contextlib
import hashlib
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dssr.errors import Conflict
from dssr.seams import Way
from dssr.service import ServiceSpec
from dssr.services.front.lock import FrontLock, FrontRuns, owner_of, private_folder
from dssr.services.memory import Memory
from dssr.services.process import ANSWER, ProcessGone, ProcessRefused, order, start

_STOP = 10.0
_TAKEN_OVER = 0.5  # seconds in which another process becomes the keeper of a front
_TRIES = 100  # ports, one after the other
_LEAVES = 120.0  # seconds in which a job that is to end ends, or else stays


@dataclass(frozen=True)
class Leaving:
    """A job that is to end before the next one begins. ``generation``: its own; 0: none is to.
    ``newest``: the newest one when that was asked for."""

    generation: int = 0
    newest: int = 0


@dataclass(frozen=True)
class Front:
    """A running front, as its lock file says it."""

    name: str
    pid: int
    port: int
    control: Path
    url: str = ""
    browser_url: str = ""

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> "Front":
        """From what the front says of itself."""
        urls = {name: str(about[name]) for name in ("url", "browser_url") if name in about}
        control = Path(str(about["control"]))
        return cls(str(about["name"]), int(about["pid"]), int(about["port"]), control, **urls)

    def order(self, do: str, *, patience: float = ANSWER, **more: Any) -> dict[str, Any]:
        """What it answers at its control socket. Raises ``ProcessGone``, ``ProcessRefused``."""
        return order(f"The front of {self.name}", self.control, do, patience=patience, **more)


class Fronts:
    """The fronts whose files are in one folder of this machine.

    ``folder``: local, and no other user's. ``way``: how their forwards reach the nodes; asked for
    when a front is started. ``more``: what else it is started with.
    """

    def __init__(
        self,
        folder: Path,
        memory: Memory,
        way: Callable[[], Way],
        more: Callable[[ServiceSpec], dict[str, Any]] = lambda _spec: {},
    ) -> None:
        self._folder, self._memory, self._way, self._more = folder, memory, way, more

    @property
    def mark(self) -> str:
        """A word for the fronts of this user, machine and folder; others learn nothing from it."""
        place = f"{socket.gethostname()}\0{os.getuid()}\0{self._folder}"
        return hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def running(self, name: str) -> Front | None:
        """The front of a service, if there is one on this machine."""
        about = owner_of(self._folder / f"{name}.lock")
        return Front.of(about) if about and "control" in about else None

    def names(self) -> list[str]:
        """The services that have a front on this machine."""
        found = (path.stem for path in self._folder.glob("*.lock"))
        return sorted(name for name in found if self.running(name))

    def get(self, spec: ServiceSpec, port: int = 0) -> Front:
        """The front of a service: the one that runs, or a new one.

        ``port``: the first one that is tried; 0: the one that the service had before, or a free
        one. Raises ``SettingsError``, ``Unavailable``.
        """
        if found := self.running(spec.name):
            return found
        tried = port or self._memory.get(spec.name).port
        how = configuration(spec, self._folder, tried, self._way())
        log = self.file(f"{spec.name}.log")
        about = start("The front", "dssr.services.front", how | self._more(spec), log)
        made = Front.of(about)
        known = self._memory.get(spec.name)  # by now: an end may have been asked for meanwhile
        self._memory.put(spec.name, replace(known, port=made.port, directory=spec.directory))
        return made

    def stop(self, front: Front) -> None:
        """End a front; its connections are cut."""
        with contextlib.suppress(ProcessGone):
            front.order("stop", patience=_STOP)
        deadline = time.monotonic() + _STOP
        while (found := self.running(front.name)) and found.pid == front.pid:
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(front.pid, signal.SIGKILL)
            time.sleep(0.05)

    def file(self, name: str) -> Path:
        """The path of a file beside theirs. Raises ``SettingsError``."""
        return private_folder(self._folder) / name

    def asks_at(self, name: str) -> Path:
        """The Unix socket at which a service's front asks a person for what its login needs. Raises
        ``SettingsError``."""
        return self.file(f"{name}.ask")

    def nudge(self, name: str) -> None:
        """Have the process that keeps the front look at the service now."""
        self.file(f"{name}.nudge").touch()

    def nudged(self, name: str) -> float:
        """When that was last asked for; 0: never."""
        try:
            return (self._folder / f"{name}.nudge").stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def hold(self, name: str, leaving: Leaving) -> None:
        """Have callers wait, because that job is to end before the next one begins: no request is
        sent that it could leave without an answer."""
        if front := self.running(name):
            self.file(f"{name}.leaving").write_text(f"{leaving.generation} {leaving.newest}")
            if leaving.generation:
                with contextlib.suppress(ProcessGone, ProcessRefused):
                    front.order("drain", drain=_STOP)

    def leaving(self, name: str) -> Leaving:
        """The job to which no callers are to be sent any more. One that is still there long after
        it was to end has not found a successor, and serves on."""
        path = self._folder / f"{name}.leaving"
        try:
            is_old = time.time() - path.stat().st_mtime > _LEAVES
            return Leaving() if is_old else Leaving(*map(int, path.read_text().split()))
        except (OSError, ValueError, TypeError):
            return Leaving()

    def keep(self, name: str) -> FrontLock | None:
        """The lock of the one process that gives a service's front its orders; ``None`` while
        another process has it. It ends with this process."""
        try:
            lock = FrontLock(self.file(f"{name}.keeper"))
        except FrontRuns:
            return None
        lock.write({"name": name, "pid": os.getpid()})
        return lock

    def keeper(self, name: str) -> int:
        """The process that keeps a service's front; 0: none."""
        owner = owner_of(self._folder / f"{name}.keeper")
        return int(owner.get("pid", 0)) if owner else 0

    def end(self, name: str) -> bool:
        """Have all processes of this machine that keep the front of a service, or wait to keep it,
        end, and then the front; whether there was one. Raises ``Conflict`` where one does not."""
        deadline = time.monotonic() + _STOP
        front = found = self.running(name)
        while front or self.keeper(name):
            if (pid := self.keeper(name)) == os.getpid():
                raise Conflict(f"This program itself keeps the front of {name}: close that first.")
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            elif front:
                self.stop(front)
            time.sleep(_TAKEN_OVER)
            if time.monotonic() > deadline:
                raise Conflict(f"A process keeps the front of {name}, and does not end.")
            front = self.running(name)
        return found is not None


def configuration(spec: ServiceSpec, folder: Path, port: int, way: Way) -> dict[str, Any]:
    """What the front of a service is started with."""
    asking = {"ask": str(folder / f"{spec.name}.ask")} if way.asks else {}
    return {
        "name": spec.name,
        "folder": str(folder),
        "http": bool(spec.health),
        "port": port,
        "tries": min(_TRIES, 65536 - port) if port else _TRIES,
        "hold": spec.hold,
        "drain": spec.drain or 0,
        "path": spec.health,
        "start": spec.timeout,
        "forwards": way.plugin,
        "forward_settings": {**way.settings, **asking},
    }
