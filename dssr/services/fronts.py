"""The fronts of this machine that lead to the services of one cluster: start, find, order, stop.

A front is a process of its own (``dssr.services.front``). It outlives the process that started it,
and the next one that asks for it finds it by its lock file and takes it over.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dssr.errors import Conflict, SettingsError, Unavailable
from dssr.seams import Way
from dssr.service import ServiceSpec
from dssr.services.front.lock import FrontLock, FrontRuns, owner_of, private_folder
from dssr.services.memory import Memory, Remembered

_COMMAND = (sys.executable, "-m", "dssr.services.front")
_RUNS = 3  # its exit code where another process has the front
_START = 30.0  # seconds in which a front must say where it listens
_STOP = 10.0
_TAKEN_OVER = 0.5  # seconds in which another process becomes the keeper of a front
_ANSWER = 60.0  # seconds for the answer to an order: the first target waits for the login
_TRIES = 100  # ports, one after the other


class FrontGone(Unavailable):
    """The front has ended, or does not answer."""


class FrontRefused(Unavailable):
    """The front has not done what it was asked for, and says why; nothing was changed."""


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

    def order(self, do: str, *, patience: float = _ANSWER, **more: Any) -> dict[str, Any]:
        """What it answers at its control socket. Raises ``FrontGone``, ``FrontRefused``."""
        line = f"{json.dumps({'do': do, **more})}\n".encode()
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(patience)
                control.connect(str(self.control))
                control.sendall(line)
                with control.makefile("rb") as file:
                    answer = json.loads(file.readline() or b"null")
        except (OSError, ValueError) as error:
            raise FrontGone(f"The front of {self.name} does not answer: {error}.") from error
        if not isinstance(answer, dict):
            raise FrontGone(f"The front of {self.name} has ended.")
        if "error" in answer:
            raise FrontRefused(str(answer["error"]))
        return answer


class Fronts:
    """The fronts whose files are in one folder of this machine.

    ``folder``: local, and no other user's. ``way``: how their forwards reach the nodes; asked for
    when a front is started.
    """

    def __init__(self, folder: Path, memory: Memory, way: Callable[[], Way]) -> None:
        self._folder, self._memory, self._way = folder, memory, way

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
        known = self._memory.get(spec.name)
        made = self._start(configuration(spec, self._folder, port or known.port, self._way()))
        self._memory.put(spec.name, Remembered(made.port, spec.directory))
        return made

    def stop(self, front: Front) -> None:
        """End a front; its connections are cut."""
        with contextlib.suppress(FrontGone):
            front.order("stop", patience=_STOP)
        deadline = time.monotonic() + _STOP
        while (found := self.running(front.name)) and found.pid == front.pid:
            if time.monotonic() > deadline:
                os.kill(front.pid, signal.SIGKILL)
            time.sleep(0.05)

    def file(self, name: str) -> Path:
        """The path of a file beside theirs. Raises ``SettingsError``."""
        return private_folder(self._folder) / name

    def nudge(self, name: str) -> None:
        """Have the process that keeps the front look at the service now."""
        self.file(f"{name}.nudge").touch()

    def nudged(self, name: str) -> float:
        """When that was last asked for; 0: never."""
        try:
            return (self._folder / f"{name}.nudge").stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def hold(self, name: str, generation: int) -> None:
        """Have callers wait, because that generation's job is to end before the next one begins: no
        request is sent that it could leave without an answer. 0: none is to."""
        if front := self.running(name):
            self.file(f"{name}.leaving").write_text(str(generation))
            if generation:
                with contextlib.suppress(FrontGone, FrontRefused):
                    front.order("drain", drain=_STOP)

    def leaving(self, name: str) -> int:
        """The generation to which no callers are to be sent any more; 0: none."""
        try:
            return int((self._folder / f"{name}.leaving").read_text())
        except (OSError, ValueError):
            return 0

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
            if pid := self.keeper(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            elif front:
                self.stop(front)
            time.sleep(_TAKEN_OVER)
            if time.monotonic() > deadline:
                raise Conflict(f"A process keeps the front of {name}, and does not end.")
            front = self.running(name)
        return found is not None

    def _start(self, settings: Mapping[str, Any]) -> Front:
        log = self.file(f"{settings['name']}.log")
        with open(log, "wb") as said:
            process = subprocess.Popen(  # noqa: S603
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,  # Ctrl-C in the terminal is not for it
                cwd="/",
            )
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin, process.stdout:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(settings).encode())
                process.stdin.close()
            is_there = select.select([process.stdout], [], [], _START)[0]
            line = process.stdout.readline() if is_there else b""
        return _begun(process, line, log)


def _begun(process: subprocess.Popen[bytes], line: bytes, log: Path) -> Front:
    """What the front has said first."""
    about = json.loads(line or b"{}")
    if "control" in about:
        return Front.of(about)
    if process.poll() is None and not line:
        process.kill()
    if process.wait() == _RUNS and "control" in about.get("owner", {}):
        return Front.of(about["owner"])  # another process was faster
    words = about.get("error") or log.read_text("utf-8", "replace").strip()[-300:]
    raise SettingsError([f"The front does not start: {words or 'it says nothing'}"])


def configuration(spec: ServiceSpec, folder: Path, port: int, way: Way) -> dict[str, Any]:
    """What the front of a service is started with."""
    return {
        "name": spec.name,
        "folder": str(folder),
        "http": bool(spec.health),
        "port": port,
        "tries": min(_TRIES, 65535 - port) if port else _TRIES,
        "hold": spec.hold,
        "drain": spec.drain or 0,
        "path": spec.health,
        "start": spec.timeout,
        "forwards": way.plugin,
        "forward_settings": dict(way.settings),
    }
