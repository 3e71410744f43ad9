"""The services of a bridge: it starts them, and keeps their addresses on its services port.

The services' folders on the cluster are the source of truth. The bridge remembers which of them it
holds, so that it holds them again after a restart.
"""

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dssr.errors import BadRequest, Conflict, DssrError, NotFound, Unavailable
from dssr.seams import Connector, RunsServices
from dssr.seams.services import Place, ServiceFiles, Started
from dssr.service import ServiceSpec
from dssr.services import bridge_files
from dssr.services.claims import Claims
from dssr.services.fronts import Front, Fronts, Leaving
from dssr.services.held import Held
from dssr.services.memory import Memory, Remembered
from dssr.services.port.doors import PREFIX
from dssr.services.port.services_port import ServicesPort
from dssr.services.secret import secret_in
from dssr.services.shown import Shown, shown_of
from dssr.services.sight import Sight
from dssr.services.use_cases import ServiceUses

log = logging.getLogger(__name__)


class BridgeServices:
    """The services of all users of a bridge. All methods may be called from many threads, and raise
    what ``dssr.seams.Services`` raises. ``owner``: the local user; '': the bridge's own."""

    def __init__(
        self,
        connector: Connector,
        port: ServicesPort,
        memory: Path,
        launch: Callable[[ServiceSpec], str],
        list_age: float,
    ) -> None:
        """``memory``: a directory of this machine. ``launch``: the executor's text for a service.
        ``list_age``: seconds for which a list of a user's services serves all callers."""
        self._connector = connector if isinstance(connector, RunsServices) else None
        self._kind, self._port, self._directory = type(connector).__name__, port, memory
        self._memory, self._launch, self._list_age = Memory(memory), launch, list_age
        self._held: dict[str, Held] = {}
        self._claims = Claims()
        self._lists: dict[str, tuple[float, Sequence[Sight]]] = {}
        self._looks: dict[tuple[str, Place], tuple[float, Sight]] = {}
        self._secret = b""
        self._lock = threading.Lock()

    def put(
        self, members: Mapping[str, Any], owner: str, files: Mapping[str, bytes] | None = None
    ) -> Started:
        """Start the service or join it; with another script it hands over. ``members``: those of
        ``ServiceSpec``. ``files``: are written first; with them, even if there are none, the
        service runs in the directory of its files. Raises ``BadRequest`` for what cannot be meant,
        and ``Conflict`` for a name that another user has."""
        uses, spec = self._uses(owner), ServiceSpec.of(members)
        if spec.name.startswith(PREFIX):
            raise BadRequest(f"'name' begins with {PREFIX!r}, as the addresses of jobs do.")
        with self._claimed(spec.name, owner):
            spec = self._placed(spec, owner)
            if files is not None:
                directory = self.files(spec.name, owner, spec.directory, make=True)
                bridge_files.write(directory, files)
                where = spec.working_directory or directory.path
                spec = replace(spec, working_directory=where)
            started = uses.up(spec)
            self._keep(spec.name, spec.directory, owner)
        self._forget_looks()
        return started

    def get(self, name: str, owner: str) -> Shown:
        """The service, as it was last looked at; a service that is held is not looked at again."""
        held = self._own(name, owner)
        if held and held.seen:
            sight, taken = held.seen
            return shown_of(sight, taken, held)
        taken, look = self._look(self._found(name, owner), owner)
        return shown_of(look, taken, held)

    def list(self, owner: str) -> Sequence[Shown]:
        """The user's services, by name."""
        uses, now = self._uses(owner), time.monotonic()
        taken, sights = self._lists.get(owner, (0.0, ()))
        if not taken or now - taken > self._list_age:
            taken, sights = now, uses.list()
            self._lists[owner] = taken, sights
        found = {
            s.view.spec.name: shown_of(s, taken, self._own(s.view.spec.name, owner)) for s in sights
        }
        for name in [name for name, held in self._held.items() if held.owner == owner]:
            with suppress(NotFound):
                found[name] = self.get(name, owner)
        return [found[name] for name in sorted(found)]

    def output(self, name: str, owner: str, generation: int | None, offset: int) -> bytes:
        """What a job of the service has printed from that byte on, at most a megabyte; without a
        ``generation``, the one that has begun last. Empty before the first has begun."""
        uses, place = self._uses(owner), self._found(name, owner)
        if generation is None:
            generations = self.get(name, owner).sight.view.generations
            generation = next((g.number for g in generations if g.began), 1)
        return next(uses.output(place, generation, offset), b"")

    def files(self, name: str, owner: str, directory: str, *, make: bool) -> ServiceFiles:
        """The directory of a service's files, also before its start. ``directory``: the parent of
        its folder; '': the one that is known, or else the user's own."""
        self._uses(owner)
        place = Place(name, directory) if directory else self._place(name, owner)
        assert self._connector is not None
        return bridge_files.directory_of(self._connector, place, make, owner)

    def delete(self, name: str, owner: str, *, purge: bool = False) -> Shown:
        """Have the service end: its jobs obey within a heartbeat. ``purge``: its folder is removed
        once they have ended, also by the next bridge; ``Conflict`` as for ``put``."""
        uses, place = self._uses(owner), self._found(name, owner)
        with self._claimed(name, owner) if purge else nullcontext():
            uses.down(place)
            self._forget_looks()
            shown = self.get(name, owner)
            if purge:
                known = Remembered(self._memory.get(name).port, place.directory, owner, True, True)
                self._memory.put(name, known)
                self._hold(name)
                self._held[name].end(purge=True)
            elif held := self._at(place):
                held.end()
                self._memory.put(name, replace(self._memory.get(name), is_ended=True))
        return shown

    def restart(self, name: str, owner: str) -> Shown:
        """Hand over to a new job; a service that does not run is started."""
        uses, place = self._uses(owner), self._found(name, owner)
        with self._claimed(name, owner):
            fronts = self._fronts(owner)
            try:
                uses.restart(place, lambda leaving: fronts.hold(name, leaving))
            except DssrError:
                fronts.hold(name, Leaving())
                raise
            self._keep(name, place.directory, owner)
        self._forget_looks()
        return self.get(name, owner)

    def hold(self, name: str, owner: str) -> None:
        """Keep the address of a service that was started elsewhere. Its jobs stay as they are."""
        with self._claimed(name, owner):
            self._keep(name, self._found(name, owner).directory, owner)
        self._forget_looks()

    def resume(self) -> None:
        """Hold the services again that this bridge held when it ended, and keep the addresses of
        the interactive jobs that run."""
        try:
            self._port.resume()
        except DssrError as error:
            log.warning("The addresses of interactive jobs are not there: %s", error.message)
        if self._connector is None:
            return
        for name in self._memory.names():
            known = self._memory.get(name)
            if known.is_ended and not known.is_purged:
                continue
            try:
                self._hold(name)
                if known.is_purged:
                    self._held[name].end(purge=True)
            except Unavailable as error:
                log.warning("The service %s is not held: %s", name, error.message)

    def close(self) -> None:
        """Hold none any more. Services go on; their addresses end, unless a bridge of the same
        cluster begins within a minute."""
        for held in list(self._held.values()):
            held.leave()
        self._port.leave()

    def _uses(self, owner: str) -> ServiceUses:
        if self._connector is None:
            raise NotFound(
                f"This bridge runs no services ({self._kind}): they need a Slurm cluster."
            )
        return ServiceUses(self._connector.services(owner), self._launch)

    def _place(self, name: str, owner: str) -> Place:
        known = self._memory.get(name)
        return Place(name, known.directory if known.owner == owner else "")

    def _placed(self, spec: ServiceSpec, owner: str) -> ServiceSpec:
        """With the directory in which the service is. A request that names none means that one.
        Raises ``Conflict`` where the service is in another one than the request names."""
        directory = spec.directory or self._place(spec.name, owner).directory
        held = self._own(spec.name, owner)
        if held and held.place.directory != directory:
            raise Conflict(
                f"The service {spec.name!r} is in {held.place.directory or 'your home directory'}: "
                "stop it before it starts elsewhere, or name this one otherwise."
            )
        return replace(spec, directory=directory)

    def _found(self, name: str, owner: str) -> Place:
        """Where a service is that is there. A team's may have been started by another user: who
        has none of that name, and may read the directory of that one, means it."""
        place, known = self._place(name, owner), self._memory.get(name)
        if known.owner == owner or not known.directory:
            return place
        try:
            self._look(place, owner)
        except NotFound as error:
            place = Place(name, known.directory)
            try:
                self._look(place, owner)
            except DssrError:  # whose words name the directory
                raise error from None
        return place

    def _look(self, place: Place, owner: str) -> tuple[float, Sight]:
        """The service there, and when it was looked at."""
        taken, look = self._looks.get((owner, place), (0.0, None))
        if look is None or time.monotonic() - taken > self._list_age:
            taken, look = time.monotonic(), self._uses(owner).look(place)
            self._looks[owner, place] = taken, look
        return taken, look

    def _at(self, place: Place) -> Held | None:
        """What keeps the service there, also if another user has started it."""
        held = self._held.get(place.name)
        return held if held and held.is_alive and held.place == place else None

    def _own(self, name: str, owner: str) -> Held | None:
        held = self._held.get(name)
        return held if held and held.is_alive and held.owner == owner else None

    def _claimed(self, name: str, owner: str) -> AbstractContextManager[None]:
        """See ``Claims.of``."""
        return self._claims.of(name, owner, lambda: self._held.get(name))

    def _keep(self, name: str, directory: str, owner: str) -> None:
        self._memory.put(name, Remembered(self._memory.get(name).port, directory, owner))
        self._hold(name)

    def _hold(self, name: str) -> None:
        """From now on, or on."""
        assert self._connector is not None
        held = self._held.get(name)
        if held is not None and held.go_on():  # which may wait, so without the lock
            return
        with self._lock:
            self._secret = self._secret or secret_in(self._directory)
            if self._held.get(name) is held:
                known = self._memory.get(name)
                fronts = self._fronts(known.owner)
                self._held[name] = Held(
                    self._connector.services(known.owner),
                    Place(name, known.directory),
                    known.owner,
                    fronts,
                    lambda spec: self._front(fronts, spec),
                    lambda: self._memory.forget_purged(name),
                )

    def _fronts(self, owner: str) -> Fronts:
        assert self._connector is not None
        behind = partial(self._of_the_port, owner)
        return Fronts(self._port.folder, self._memory, self._connector.way, behind)

    def _front(self, fronts: Fronts, spec: ServiceSpec) -> Front:
        self._port.get()
        return fronts.get(spec)

    def _of_the_port(self, owner: str, spec: ServiceSpec) -> dict[str, Any]:
        """What the front of a service is started with, so that it is behind the services port. The
        next owner of the name has another token."""
        mine = hmac.new(self._secret, f"{owner}\0{spec.name}".encode(), hashlib.sha256)
        names = [f"{spec.name}.{domain}" for domain in self._port.domains]
        return {
            "http": True,
            "port": 0,
            "bind": [],
            "address": self._port.address(spec.name, self._port.get().port),
            "admit": "token",
            "token": mine.hexdigest()[:32],
            "names": names,
        }

    def _forget_looks(self) -> None:
        self._lists.clear()
        self._looks.clear()
