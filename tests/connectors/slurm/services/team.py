"""People of the test cluster who run services: each logs in by SSH, some are a team."""

import contextlib
import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import NotFound
from dssr.seams.services import Generation, Place, Request, ServiceView, Started
from dssr.service import ServiceSpec
from dssr.services.chain import Chain, chain
from dssr.settings.reading import parse
from executors.interpreter import run_script
from tests.cluster import Cluster
from tests.connectors.slurm.services.web import ON_SOCKET, get
from tests.end_to_end.service import eventually

TEAM, SHARED = "crew", "/home/crew"  # as each test cluster has them
MEMBERS = ("jarvice", "alice")  # bob is not one
NUMBERS = itertools.count(1)
PATIENCE = 240.0  # seconds; nodes may still be taken by the jobs of other tests


class Person:
    """A local user with a connection of their own."""

    def __init__(self, cluster: Cluster, user: str) -> None:
        self.cluster, self.user = cluster, user
        settings = cluster.settings() | {"JARVICE_SLURM_SSH_USER": user}
        self.connector = SlurmConnector(parse(settings, SlurmSettings))
        self.services = self.connector.services()

    def start(self, spec: ServiceSpec, launch: str = "") -> Started:
        """Start a service, as the native executor does where there is no other text."""
        native = run_script(spec.script, arguments=spec.arguments)
        return self.services.start(spec, launch or native)


class People:
    """The people of one cluster, and the services that they have started."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._people: dict[str, Person] = {}
        self._started: list[tuple[Person, Place]] = []

    def __getitem__(self, user: str) -> Person:
        if user not in self._people:
            self._people[user] = Person(self.cluster, user)
        return self._people[user]

    def up(self, user: str = "jarvice", launch: str = "", **members: Any) -> "Service":
        """Start a service under a new name."""
        usual: Mapping[str, Any] = {
            "name": f"test-{next(NUMBERS)}",
            "script": ON_SOCKET,
            "walltime": 600,
            "heartbeat": 1,
        }
        spec = ServiceSpec(**{**usual, **members})
        service = Service(self[user], spec)
        self._started.append((self[user], service.place))
        service.started = self[user].start(spec, launch)
        return service

    def end(self) -> None:
        """Leave nothing running."""
        for person, place in self._started:
            with contextlib.suppress(NotFound):  # refused, or removed by the test
                person.services.request(place, Request.DOWN)
        for user in (*MEMBERS, "bob"):
            self.cluster.run("login", ["/usr/bin/scancel", "-u", user])
        for each in self._people.values():
            each.connector.close()


class Service:
    """A service that a person has started."""

    started: Started

    def __init__(self, person: Person, spec: ServiceSpec) -> None:
        self.person, self.spec = person, spec
        self.place = Place(spec.name, spec.directory)

    @property
    def view(self) -> ServiceView:
        """What its folder shows now."""
        return self.person.services.view(self.place)

    @property
    def chain(self) -> Chain:
        """Its state now."""
        return chain(self.view)

    def generation(self, number: int) -> Generation | None:
        """One of its generations, if it is there."""
        return next((g for g in self.view.generations if g.number == number), None)

    def ready(self, number: int = 1) -> Generation:
        """Wait until that generation is ready."""

        def look() -> Generation | None:
            found = self.generation(number)
            assert found is None or found.end is None, found
            return found if found and found.took is not None else None

        found = eventually(look, patience=PATIENCE)
        assert found is not None
        return found

    def ended(self, number: int = 1) -> Generation:
        """Wait until that generation has said how it ended."""

        def look() -> Generation | None:
            found = self.generation(number)
            return found if found and found.end else None

        found = eventually(look, patience=PATIENCE)
        assert found is not None
        return found

    def ask(self, request: Request, generation: int = 0) -> int:
        """Ask its jobs for something."""
        return self.person.services.request(self.place, request, generation)

    def get(self, generation: Generation) -> bytes:
        """What that generation answers through its relay."""
        assert generation.address is not None
        return get(self.person.cluster.address_of(generation.address.node), generation.address)

    def again(self, **changes: Any) -> Started:
        """Start it once more, with changes."""
        return self.person.start(dataclasses.replace(self.spec, **changes))
