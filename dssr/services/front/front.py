"""A front: the parts of one process, and what the control socket can ask of it."""

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dssr.errors import BadRequest, Denied, Unavailable
from dssr.seams.forwards import Forwards
from dssr.services.front.acceptor import Acceptor
from dssr.services.front.admission import Users
from dssr.services.front.configuration import TOKEN, Configuration
from dssr.services.front.connections import Service, serve_http, serve_raw
from dssr.services.front.control import Control
from dssr.services.front.counters import Counters
from dssr.services.front.door import Door, entrance
from dssr.services.front.health import Health, Observation, State
from dssr.services.front.listeners import listen
from dssr.services.front.lock import FrontLock, private_folder
from dssr.services.front.orders import Aim, Look, number_of
from dssr.services.front.targets import Target, Targets
from dssr.services.front.watch import Watch


class Front:
    """Owns the listening sockets of one service until it is stopped."""

    def __init__(
        self, how: Configuration, make_forwards: Callable[[Path], Forwards] | None
    ) -> None:
        """``make_forwards``: with an empty folder of their own; none where targets are sockets."""
        self.how, self._make_forwards = how, make_forwards
        self._forwards: Forwards | None = None
        self.counters = Counters()
        self.targets = Targets(how.hold, self.counters)
        self.watch = Watch(how, self._refusal)
        self._old: dict[Target, asyncio.Task[None]] = {}
        self._switching = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._drain = 0.0
        self._users = Users()
        self._needs_token = how.admit == TOKEN or not self._users.are_known
        self._token = (how.token or secrets.token_urlsafe(24)) if self._needs_token else ""
        self._acceptor: Acceptor | None = None
        self._port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Mapping[str, Any]]:
        """Listen, and say where. Raises ``FrontRuns``, ``SettingsError``."""
        folder = private_folder(Path(self.how.folder))
        lock = FrontLock(folder / f"{self.how.name}.lock")
        control = Control(folder / f"{self.how.name}.control", self._commands())
        how = self.how
        listeners = listen(how.bind, how.port, how.tries) if how.bind else []
        if self._make_forwards:
            self._forwards = self._make_forwards(_empty_folder(folder, self.how.name))
        self._port = listeners[0].getsockname()[1] if listeners else 0
        serve = serve_http if self.how.http else serve_raw
        self._acceptor = Acceptor(
            listeners,
            lambda client: serve(client, self._service),
            self.counters,
            None if self._needs_token else self._users,
        )
        control.start()
        lock.write(self.about(control.path))
        self._acceptor.start()
        watching = asyncio.create_task(self.watch.run())
        try:
            yield self.about(control.path)
        finally:
            watching.cancel()
            control.stop()
            await self._end()
            lock.release()

    async def until_stopped(self) -> None:
        """Returns when ``stop`` has been asked for."""
        await self._stopped.wait()

    def stop(self, drain: float = 0.0) -> None:
        """Stop: connections have that many seconds to end."""
        self._drain = drain
        self._stopped.set()

    def about(self, control: Path) -> dict[str, Any]:
        """Where the front is, as the lock file says it."""
        own, port = self.how.address, self._port
        urls = {
            "url": entrance(own or f"http://localhost:{port}/", self._token),
            "browser_url": entrance(
                own or f"http://{self.how.name}.localhost:{port}/", self._token
            ),
        }
        return {
            "name": self.how.name,
            "pid": os.getpid(),
            "port": self._port,
            "control": str(control),
            **(urls if self.how.http else {}),
        }

    async def status(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the front is doing."""
        current = self.targets.current
        return {
            "name": self.how.name,
            "pid": os.getpid(),
            "port": self._port,
            "target": current.describe() if current else None,
            "draining": [target.describe() for target in self._old],
            "health": self.watch.describe(),
            "incidents": [asdict(incident) for incident in self.watch.incidents],
            **asdict(self.counters),
            "forwards": await asyncio.to_thread(self._forwards.status) if self._forwards else None,
        }

    async def take(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Serve the connection that comes with the order: the services port has accepted it."""
        passed = order.get("connection")
        if not isinstance(passed, socket.socket):
            raise BadRequest("'take' needs an open connection with it (SCM_RIGHTS).")
        if not self._needs_token or self._acceptor is None:
            raise Denied("This front admits by user: start it with 'admit': 'token'.")
        self._acceptor.take(passed.dup())
        return {"taken": True}

    async def target(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send new connections to another target, once it is healthy as seen from here."""
        aim = Aim.parse(order, self.how.drain)
        async with self._switching:
            target = await self._made(aim)
            try:
                health = await self._accepted(target, aim)
            except BaseException:
                await self._closed(target)
                raise
            vacant_since = self.targets.vacant_since
            self._retire(self.targets.switch(target), aim.drain)
            self.watch.follow(target, health)
            if vacant_since is not None:
                self.watch.report_gap(target, time.monotonic() - vacant_since)
        return {"target": target.describe(), "health": self.watch.describe()}

    async def drain(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send no connections to the target any more: callers are held until there is another."""
        limit = number_of(order, "drain", self.how.drain)
        async with self._switching:
            self._retire(self.targets.switch(None), limit)
            self.watch.follow(None, self.watch.new_health())
        return {"draining": [target.describe() for target in self._old]}

    async def observe(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take what another process knows of the current target: of its job, or its host."""
        look = Look.parse(order)
        current = self.targets.current
        if current is not None and look.target == current.name:
            seen = Observation(look.check, look.outcome, time.monotonic(), look.detail)
            self.watch.note([seen], current)
        return {"health": self.watch.describe()}

    async def stop_when_drained(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take no new connections, let open ones end, and stop."""
        limit = number_of(order, "drain", 0.0)
        self.stop(limit)
        return {"stopping": True, "connections": self.counters.open, "drain": limit}

    def _commands(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "take": self.take,
            "target": self.target,
            "drain": self.drain,
            "observe": self.observe,
            "stop": self.stop_when_drained,
        }

    @property
    def _service(self) -> Service:
        door = Door(self.how.name, self._token, self.how.names)
        return Service(door, self.targets, self.counters, self.how.hold, self._refusal)

    def _refusal(self, since: float) -> str:
        return self._forwards.refusal(since) if self._forwards else ""

    async def _made(self, aim: Aim) -> Target:
        if aim.path is not None:
            return Target(aim.name, aim.path, self.counters, aim.secret)
        if self._forwards is None:  # this machine reaches the nodes itself
            return Target(aim.name, None, self.counters, aim.secret, aim.place)
        # Forwards block, so they have a thread.
        path = await asyncio.to_thread(self._forwards.open, *aim.place)
        return Target(aim.name, path, self.counters, aim.secret, aim.place)

    async def _accepted(self, target: Target, aim: Aim) -> Health:
        health, verdict = await self.watch.ready(target, aim.within if aim.check else 0.0)
        if verdict.state is not State.HEALTHY and aim.check:
            why = verdict.reason.rstrip(".")
            raise Unavailable(f"{target.name} is not ready: {why}. Nothing was changed.")
        return health

    def _retire(self, target: Target | None, limit: float) -> None:
        if target is not None:
            self._old[target] = asyncio.create_task(self._retired(target, limit))

    async def _retired(self, target: Target, limit: float) -> None:
        try:
            await target.drain(limit)
            await self._closed(target)
        finally:
            self._old.pop(target, None)

    async def _closed(self, target: Target) -> None:
        """Close its forward, unless another target uses it."""
        used = [self.targets.current, *(old for old in self._old if old is not target)]
        is_used = any(one is not None and one.place == target.place for one in used)
        if self._forwards and target.place and not is_used:
            await asyncio.to_thread(self._forwards.close, *target.place)

    async def _end(self) -> None:
        if self._acceptor:
            self._acceptor.stop()
        if current := self.targets.switch(None):
            self._retire(current, self._drain)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._old.values()), self._drain + 1)
        if self._acceptor:
            await self._acceptor.end()
        if self._forwards:
            await asyncio.to_thread(self._forwards.stop)


def _empty_folder(parent: Path, name: str) -> Path:
    """A new folder for the forwards; those of fronts that were killed are removed. The caller holds
    the lock of that name."""
    for old in parent.glob(f"{name}.*/"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}.", dir=parent))
