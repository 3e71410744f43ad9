"""The services of a cluster that this process logs in to as its user, and their fronts on this
machine. Needs no bridge: Slurm and the service's folder know all that must be known."""

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dssr import configuration
from dssr.assembly import assemble
from dssr.client.errors import BadTarget
from dssr.client.own_settings import settings_of
from dssr.client.target import Target
from dssr.errors import DssrError, NotFound, PluginError, SettingsError, Unavailable
from dssr.jobs.launchers import Launchers
from dssr.seams import AsksAtTerminal, CopiesDirectories, CopyProgress, RunsServices
from dssr.seams.services import Place, Started
from dssr.service import ServiceSpec
from dssr.services.documents import document
from dssr.services.fronts import Front, Fronts, Leaving
from dssr.services.launching import launch
from dssr.services.manual import Manual, manual
from dssr.services.memory import Memory, Remembered, runtime_directory, state_directory
from dssr.services.own_ssh import resolved
from dssr.services.sight import Sight
from dssr.services.use_cases import ServiceUses

Document = dict[str, Any]
_MANUAL_PORT = 8000


class OwnServices:
    """All methods raise the ``DssrError`` of the cluster.

    ``uses``: the use cases. ``fronts``: of this machine, for this cluster. A ``directory`` is the
    parent of the services' folders on the cluster; '': the one that is remembered of a service, or
    else the user's own.
    """

    def __init__(self, target: Target, environ: Mapping[str, str]) -> None:
        """Raises ``BadTarget`` for settings that are wrong, and for a target that is no cluster."""
        try:
            configured = configuration.load(settings_of(target, environ))
            self._bridge, _ = assemble(configured)
        except SettingsError as error:
            raise BadTarget(target.problems(error.problems)) from error
        except PluginError as error:
            raise BadTarget(error.message) from error
        connector = self._bridge.connector
        if not (isinstance(connector, RunsServices) and isinstance(connector, CopiesDirectories)):
            self._bridge.close()
            raise BadTarget(
                f"Services need a cluster, and jobs run on {target} here: name a login node with "
                "--cluster or DSSR_CLUSTER."
            )
        self.target, self._way = target, connector.way
        self._copies: CopiesDirectories = connector
        settings = self._bridge.settings
        own = self._bridge.executor, self._bridge.executor_settings
        launchers = Launchers(settings.executor, *own, settings)
        self.uses = ServiceUses(connector.services(), lambda spec: launch(spec, launchers.find))
        if isinstance(connector, AsksAtTerminal) and sys.stderr.isatty():
            connector.ask_at_terminal()
        place = _short_name(str(target), settings.service_user, str(state_directory(environ)))
        self.memory = Memory(state_directory(environ) / place)
        self.fronts = Fronts(runtime_directory(environ) / "fronts" / place, self.memory, self._way)

    def place(self, name: str, directory: str = "") -> Place:
        """Where a service's folder is."""
        return Place(name, directory or self.memory.get(name).directory)

    def copy(self, local: Path, to: str, progress: CopyProgress) -> str:
        """Bring a directory of the cluster up to date with one of this machine: only what differs
        is sent, and nothing is removed there. Returns its absolute path."""
        return self._copies.copy_directory(local, to, progress)

    def up(self, members: Mapping[str, Any]) -> Started:
        """Start a service, or join it; with another script it hands over. ``members``: those of
        ``dssr.service.ServiceSpec``. Raises ``BadRequest`` for members that cannot be meant."""
        spec = ServiceSpec.of(members)
        started = self.uses.up(spec)
        self.fronts.nudge(spec.name)
        self._remember(spec.name, spec.directory)
        return started

    def find_or_start(
        self, name: str, directory: str = "", members: Mapping[str, Any] | None = None
    ) -> Started | None:
        """Start a service that does not run, with what it was started with before; ``None`` where
        it runs. ``members``: as of ``up``, for a service that there has never been, or whose job
        can never start."""
        place = self.place(name, directory)
        try:
            sight = self.uses.look(place)
        except NotFound:
            if members is None:
                raise
            return self.up(members)
        if members is not None and sight.chain.failure and sight.chain.current is None:
            return self.up(members)
        self._remember(name, place.directory)
        return self.uses.up(sight.view.spec) if sight.is_over else None

    def status(self, name: str, directory: str = "") -> Document:
        """A service, with the connections of its front on this machine."""
        sight = self.uses.look(self.place(name, directory))
        return self._document(sight)

    def list(self) -> Sequence[Document]:
        """The services in the user's own directory, and those elsewhere that this machine
        remembers."""
        found = [self._document(sight) for sight in self.uses.list()]
        for name in self.memory.names():
            if directory := self.memory.get(name).directory:
                try:
                    found.append(self.status(name, directory))
                except NotFound:
                    self.memory.forget(name)
        return sorted(found, key=lambda one: (one["name"], one["folder"]))

    def restart(self, name: str, directory: str = "") -> int:
        """Hand over to a new job; the generation that was asked or started."""
        try:
            return self.uses.restart(
                self.place(name, directory), lambda leaving: self.fronts.hold(name, leaving)
            )
        except DssrError:
            self.fronts.hold(name, Leaving())
            raise
        finally:
            self.fronts.nudge(name)

    def down(self, name: str, directory: str = "", *, purge: bool = False) -> None:
        """End the chain and its jobs. ``purge``: remove the folder, too, and wait for that."""
        place = self.place(name, directory)
        if not purge:
            return self.uses.down(place)
        self.uses.purge(place)
        return self.memory.forget(name)

    def newest(self, name: str, directory: str = "") -> int:
        """The generation that has begun last; 1 before the first has."""
        sight = self.uses.look(self.place(name, directory))
        return next((g.number for g in sight.view.generations if g.began), 1)

    def output(self, name: str, directory: str, generation: int, offset: int) -> Iterator[bytes]:
        """What a generation has printed from that byte on."""
        return self.uses.output(self.place(name, directory), generation, offset)

    def manual(self, name: str, directory: str = "", port: int = 0) -> Manual:
        """How a person reaches the current job with ``ssh`` alone. Raises ``Unavailable`` while
        there is no job that could be reached."""
        sight = self.uses.look(self.place(name, directory))
        current = sight.chain.current
        if current is None or current.address is None:
            raise Unavailable(f"The service {name} is {sight.chain.state}: no job can be reached.")
        port = port or self.memory.get(name).port or _MANUAL_PORT
        return manual(
            name, sight.view.spec.path, current.address, resolved(self._way().settings), port
        )

    def disconnect(self, name: str) -> bool:
        """Close the address of a service on this machine; whether there was one."""
        return self.fronts.end(name)

    def close(self) -> None:
        """Close the connections of this process; services and fronts go on."""
        self._bridge.close()

    def _remember(self, name: str, directory: str) -> None:
        known = self.memory.get(name)
        if directory != known.directory:
            self.memory.put(name, Remembered(known.port, directory))

    def _document(self, sight: Sight) -> Document:
        front = self.fronts.running(sight.view.spec.name)
        if front is None:
            return document(sight)
        try:
            status = front.order("status")
        except DssrError:
            return document(sight)
        seen = Sight(sight.view, sight.chain, status)
        return document(seen, addresses(front) if seen.is_served else None)


def addresses(front: Front) -> dict[str, str]:
    """The addresses of a front, as documents have them."""
    url = front.url or f"tcp://localhost:{front.port}"
    return {"url": url, "browser_url": front.browser_url or url}


def _short_name(*words: str) -> str:
    """Of one cluster, as one user of this machine reaches it: paths of sockets have little room."""
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:8]
