"""The services port: takes connections, and passes each on to the service that it names."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dssr.errors import Unavailable
from dssr.services.front.acceptor import Acceptor
from dssr.services.front.connections import serve_http
from dssr.services.front.control import Control, Offer, ask
from dssr.services.front.counters import Counters
from dssr.services.front.listeners import listen
from dssr.services.front.lock import FrontLock, private_folder
from dssr.services.front.orders import number_of
from dssr.services.front.program import MakeForwards
from dssr.services.front.stream import Stream
from dssr.services.port import arrival, pages
from dssr.services.port.configuration import JOBS, LOCK, NAME, PortConfiguration
from dssr.services.port.jobs import Jobs
from dssr.services.port.names import label_of
from dssr.services.port.presence import is_used

_PATIENCE = 5.0  # seconds for a front to take a connection, or an order


class Port:
    """Owns the listening sockets of the services port until it is stopped."""

    def __init__(self, how: PortConfiguration, make_forwards: MakeForwards) -> None:
        """``make_forwards``: see ``Front``; none where interactive jobs listen on this machine."""
        self._how, self._make_forwards = how, make_forwards
        self._folder = Path(how.folder)
        self.counters = Counters()
        self._passed_on = 0
        self._stopped = asyncio.Event()
        self._leaving: asyncio.Task[None] | None = None
        self._jobs = Jobs(self._folder / JOBS, how, self.counters)
        self._port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Mapping[str, Any]]:
        """Listen, and say where. Raises ``FrontRuns``, ``SettingsError``."""
        folder = private_folder(self._folder)
        lock = FrontLock(folder / LOCK)
        if self._make_forwards:
            self._jobs.reach_by(self._make_forwards(_empty_folder(folder)))
        control = Control(folder / f"{NAME}.control", self._commands())
        listeners = listen(self._how.bind, self._how.port, 1)
        self._port = listeners[0].getsockname()[1]
        acceptor = Acceptor(listeners, self._serve, self.counters, None)
        control.start()
        about = {
            "name": NAME,
            "pid": os.getpid(),
            "port": self._port,
            "control": str(control.path),
            "mark": self._how.mark,
        }
        lock.write(about)
        acceptor.start()
        try:
            yield about
        finally:
            acceptor.stop()
            if self._leaving:
                self._leaving.cancel()
            control.stop()
            await acceptor.end()
            await self._jobs.stop()
            lock.release()

    async def until_stopped(self) -> None:
        """Returns when ``stop`` has been asked for."""
        await self._stopped.wait()

    def stop(self) -> None:
        """End. Connections that fronts have taken go on."""
        self._stopped.set()

    def _commands(self) -> dict[str, Any]:
        return {
            "status": self._status,
            "open": self._jobs.open,
            "close": self._jobs.close,
            "leave": self._leave,
            "stop": self._stop,
        }

    async def _status(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "pid": os.getpid(),
            "port": self._port,
            "passed_on": self._passed_on,
            "jobs": self._jobs.describe(),
            **asdict(self.counters),
        }

    async def _stop(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        self.stop()
        return {"stopping": True}

    async def _leave(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """End after that time with all fronts, unless a bridge uses them then."""
        if self._leaving:
            self._leaving.cancel()
        self._leaving = asyncio.create_task(self._end_unused(number_of(order, "within", 0.0)))
        return {"leaving": True}

    async def _end_unused(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if is_used(self._folder):
            return
        for control in self._folder.glob("*.control"):
            if control.stem != NAME:
                with contextlib.suppress(OSError):  # also of one that hangs
                    async with asyncio.timeout(_PATIENCE):
                        await ask(control, {"do": "stop"})
        self.stop()

    async def _serve(self, client: Stream) -> None:
        host = await arrival.host(client)
        if host is None:
            return
        if page := await self._taken(client, label_of(host, self._how.domains)):
            await arrival.answer(client, page)

    async def _taken(self, client: Stream, label: str) -> pages.Page | None:
        """Have the service of that name serve the connection; what to answer if none does."""
        try:
            if service := await self._jobs.service(label):
                await serve_http(client, service)
                return None
            return None if await self._passed(client, label) else pages.UNKNOWN
        except Unavailable as error:
            return pages.unserved(error.message)

    async def _passed(self, client: Stream, label: str) -> bool:
        """Whether there is a front of that name; it has the connection then. Raises
        ``Unavailable``."""
        with contextlib.closing(Offer(self._folder / f"{label}.control", client.socket)) as offer:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await offer.prepare({"do": "take"})
            except FileNotFoundError:
                return False
            except (OSError, TimeoutError) as error:
                raise Unavailable(
                    f"The front of the service {label} does not answer: its owner starts it again "
                    f"with 'dssr service connect {label}'."
                ) from error
            try:
                async with asyncio.timeout(_PATIENCE):
                    said = await offer.make()
            except (OSError, TimeoutError):  # the front may serve it: two would answer
                return True
        if "error" in said:
            raise Unavailable(said["error"])
        self._passed_on += 1
        return True


def _empty_folder(parent: Path) -> Path:
    """A new folder for the forwards. The caller holds the lock."""
    for old in parent.glob(f"{NAME}.forwards.*/"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{NAME}.forwards.", dir=parent))
