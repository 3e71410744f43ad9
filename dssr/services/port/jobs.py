"""The doors of interactive jobs: who may enter, and the way to the job's server.

Each job is a file in a folder that no other user can enter, so the doors are there again after the
end of this process.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dssr.errors import BadRequest, TransportError
from dssr.seams.forwards import Forwards
from dssr.services.front.connections import Service
from dssr.services.front.counters import Counters
from dssr.services.front.door import Door
from dssr.services.front.health import Check, Outcome
from dssr.services.front.orders import port_of, text_of
from dssr.services.front.probes import probe
from dssr.services.front.targets import Target, Targets
from dssr.services.port.configuration import PortConfiguration
from dssr.services.port.names import label_of

_ANSWER = 2.0  # seconds for the job's server to answer


@dataclass(frozen=True)
class Job:
    """Where an interactive job's server listens, and the token that opens its door."""

    name: str
    host: str
    port: int
    token: str = field(repr=False)

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> "Job":
        """Raises ``BadRequest``."""
        name = text_of(order, "name")
        if not label_of(f"{name}.localhost", ("localhost",)):
            raise BadRequest("'name' must be a label of a host name.")
        return cls(name, text_of(order, "host"), port_of(order), text_of(order, "token"))


class _Open:
    """A job whose door is open. ``answers``: its server has answered once."""

    def __init__(self, job: Job, how: PortConfiguration, counters: Counters) -> None:
        self.job, self.answers = job, False
        self.targets = Targets(how.hold, counters)
        self.names = tuple(f"{job.name}.{domain}" for domain in how.domains)


class Jobs:
    """The interactive jobs whose doors are open."""

    def __init__(self, folder: Path, how: PortConfiguration, counters: Counters) -> None:
        self._folder, self._how, self._counters = folder, how, counters
        self._forwards: Forwards | None = None
        self._open = {job.name: _Open(job, how, counters) for job in _kept(folder)}

    def reach_by(self, forwards: Forwards) -> None:
        """Jobs listen on hosts of the cluster; without it, on this machine."""
        self._forwards = forwards

    async def open(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Open a job's door; whether its server answers."""
        job = Job.of(order)
        known = self._open.get(job.name)
        if known is None or known.job != job:
            await self.close(order)
            _keep(self._folder, job)
            known = self._open[job.name] = _Open(job, self._how, self._counters)
        if not known.answers:
            known.answers = await self._answers(known)
        return {"answers": known.answers}

    async def close(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Close a job's door. Its connections end, or have nothing to ask any more."""
        known = self._open.pop(text_of(order, "name"), None)
        if known is None:
            return {"closed": False}
        (self._folder / known.job.name).unlink(missing_ok=True)
        if target := known.targets.end():
            await target.drain(0)
        if self._forwards:
            await asyncio.to_thread(self._forwards.close, known.job.host, known.job.port)
        return {"closed": True}

    async def service(self, label: str) -> Service | None:
        """What serves a connection for that job; ``None`` if there is no such door. The way there
        is made for the first one. Raises ``TransportError``."""
        known = self._open.get(label)
        if known is None:
            return None
        await self._target(known)
        door = Door(label, known.job.token, known.names, by_path=True)
        return Service(door, known.targets, self._counters, self._how.hold, self._refusal)

    def describe(self) -> list[dict[str, Any]]:
        """The jobs, as ``status`` shows them."""
        return [
            {"name": one.job.name, "host": one.job.host, "port": one.job.port}
            for one in self._open.values()
        ]

    async def stop(self) -> None:
        """End all ways."""
        if self._forwards:
            await asyncio.to_thread(self._forwards.stop)

    async def _target(self, known: _Open) -> Target:
        if known.targets.current is None:
            job = known.job
            path = None
            if self._forwards:
                path = await asyncio.to_thread(self._forwards.open, job.host, job.port)
            if known.targets.current is None:  # another connection may have been faster
                place = (job.host, job.port)
                known.targets.switch(Target(job.name, path, self._counters, place=place))
        assert known.targets.current is not None
        return known.targets.current

    async def _answers(self, known: _Open) -> bool:
        try:
            target = await self._target(known)
        except TransportError:
            return False
        seen = await probe(target, "/", known.job.name, _ANSWER, self._refusal)
        by_check = {look.check: look.outcome for look in seen}
        return (
            by_check.get(Check.PORT) is Outcome.OK
            and by_check.get(Check.PATH) is not Outcome.SILENT
        )

    def _refusal(self, since: float) -> str:
        return self._forwards.refusal(since) if self._forwards else ""


def _kept(folder: Path) -> list[Job]:
    """The jobs of a process that has ended."""
    if not folder.is_dir():
        return []
    return [Job(**json.loads(file.read_bytes())) for file in folder.iterdir() if not file.suffix]


def _keep(folder: Path, job: Job) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    new = folder / f"{job.name}.new"
    new.touch(0o600)
    new.write_text(json.dumps(asdict(job)))
    os.replace(new, folder / job.name)
